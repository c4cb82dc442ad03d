//! Short measurements, so that the whole takes less than two minutes.

use std::time::Duration;

use criterion::Criterion;

/// Criterion as every bench here uses it.
pub(crate) fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args()
}
