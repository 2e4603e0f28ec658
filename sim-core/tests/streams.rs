//! Random streams: reference values, independence of order, uniformity.

use sixslot_sim_core::{Purpose, Streams};

/// Computed by another program: ChaCha with 8 rounds, as in RFC 8439 but with a 64-bit counter from zero
/// and a zero nonce, keyed by the four little-endian words; FNV-1a of the names.
#[test]
fn agrees_with_reference_values() {
    let cases = [
        (
            Streams::new(0, 0).stream(Purpose::named(""), 0),
            [0.455_191_106_766_667_5, 0.206_798_630_520_706_9, 0.436_707_691_972_257_56],
        ),
        (
            Streams::new(1, 2).stream(Purpose::named("size"), 3),
            [0.221_250_308_400_024_02, 0.475_410_361_284_509_2, 0.571_926_560_808_501_7],
        ),
        (
            Streams::new(0xf0e1_d2c3_b4a5_9687, 0x0123_4567_89ab_cdef)
                .stream(Purpose::named("server").and("think"), 0xfedc_ba98_7654_3210),
            [0.116_183_011_170_861_83, 0.506_491_876_717_85, 0.202_800_060_854_679_5],
        ),
    ];
    for (mut stream, expected) in cases {
        let draws: Vec<f64> = (0..10).map(|_| stream.next_uniform()).collect();
        assert_eq!([draws[0], draws[1], draws[9]], expected);
    }
}

#[test]
fn every_part_of_the_key_counts() {
    let purpose = Purpose::named("size");
    let first = Streams::new(1, 2).uniform(purpose, 3);
    for other in [
        Streams::new(2, 2).uniform(purpose, 3),
        Streams::new(1, 3).uniform(purpose, 3),
        Streams::new(2, 1).uniform(purpose, 3),
        Streams::new(1, 2).uniform(Purpose::named("Size"), 3),
        Streams::new(1, 2).uniform(purpose, 4),
    ] {
        assert_ne!(first, other);
    }
    assert_eq!(first, Streams::new(1, 2).stream(purpose, 3).next_uniform());
}

#[test]
fn names_do_not_run_together() {
    let purposes = [
        Purpose::named("ab"),
        Purpose::named("a").and("b"),
        Purpose::named("b").and("a"),
        Purpose::named("ab").and(""),
        Purpose::named("").and("ab"),
    ];
    for (index, purpose) in purposes.iter().enumerate() {
        assert!(!purposes[..index].contains(purpose));
    }
}

/// Chi-squared over 100 cells at the 0.001 level (99 degrees of freedom: 148.23), along one stream and
/// across the first draws of many.
#[test]
fn draws_are_uniform() {
    const DRAWS: u64 = 100_000;
    let streams = Streams::new(3, 0);
    let purpose = Purpose::named("uniformity");
    let mut stream = streams.stream(purpose, 0);
    let along: Vec<f64> = (0..DRAWS).map(|_| stream.next_uniform()).collect();
    let across: Vec<f64> = (0..DRAWS).map(|entity| streams.uniform(purpose, entity)).collect();
    for draws in [along, across] {
        let mut cells = [0.0; 100];
        for draw in draws {
            assert!(draw > 0.0 && draw < 1.0);
            cells[(draw * 100.0) as usize] += 1.0;
        }
        let expected = DRAWS as f64 / 100.0;
        let statistic: f64 = cells.iter().map(|count| (count - expected) * (count - expected) / expected).sum();
        assert!(statistic < 148.23, "{statistic}");
    }
}
