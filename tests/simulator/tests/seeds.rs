//! Many seeds: every promise holds, every fault happened, and a seed is one run for ever.
//!
//! `VARDE_SEEDS=20000` runs more of them, `VARDE_SEED=17` only that one.

use simulator::{Report, run};

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number of seeds, or a seed"))
}

#[test]
fn every_promise_holds() {
    let seeds = match setting("VARDE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("VARDE_SEEDS").unwrap_or(300),
    };
    // Rarest are older nodes met by newer rules: it takes so many seeds to see enough of them.
    let many = seeds.end - seeds.start >= 100;
    let mut all = Report::default();
    for seed in seeds {
        let report = run(seed, None).unwrap_or_else(|failure| panic!("{failure}"));
        all.entries += report.entries;
        all.signals += report.signals;
        all.duplicates += report.duplicates;
        all.claims += report.claims;
        all.refused_acts += report.refused_acts;
        all.refused += report.refused;
        all.lapsed += report.lapsed;
        all.crashes += report.crashes;
        all.compared += report.compared;
        all.outdated += report.outdated;
        all.rules += report.rules;
    }
    println!("{all:?}");
    if many {
        let happened = [
            ("duplicates", all.duplicates),
            ("claims", all.claims),
            ("refused acts", all.refused_acts),
            ("refusals", all.refused),
            ("lapsed claims", all.lapsed),
            ("crashes", all.crashes),
            ("compared decisions", all.compared),
            ("older nodes that stop at newer rules", all.outdated),
            ("changes of rules", all.rules),
        ];
        for (what, count) in happened {
            assert!(count > 20, "the seeds hardly ever saw {what}: {count}");
        }
    }
}

#[test]
fn a_seed_is_one_run_for_ever() {
    for seed in [1, 2, 3, 5, 8] {
        let first = run(seed, None).unwrap();
        assert_eq!(run(seed, None).unwrap(), first);
    }
    assert_ne!(run(1, None).unwrap().trace, run(2, None).unwrap().trace);
}
