//! The checks are in `tests/`.
