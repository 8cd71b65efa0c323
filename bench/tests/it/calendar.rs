//! Timestamps of the order files, there and back.

use bench::calendar::Moment;
use proptest::prelude::*;

#[test]
fn knows_moments_that_others_computed() {
    // From `date -u -d ... +%s`.
    for (text, seconds) in [
        ("1970-01-01 00:00:00", 0),
        ("2011-12-05 08:38:00", 1_323_074_280),
        ("2000-02-29 23:59:59", 951_868_799),
        ("2100-03-01 00:00:00", 4_107_542_400),
    ] {
        assert_eq!(text.parse(), Ok(Moment::from_seconds(seconds)), "{text}");
        assert_eq!(Moment::from_seconds(seconds).to_string(), text);
    }
}

#[test]
fn refuses_what_is_no_moment() {
    for text in
        ["", "2011-12-05", "2011-02-30 00:00:00", "2011-12-05 24:00:00", "2011-12-05 08:60:00", "5/12/2011 8:38"]
    {
        assert!(text.parse::<Moment>().is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn every_moment_reads_as_written(seconds in 0_i64..4_000_000_000) {
        let moment = Moment::from_seconds(seconds);
        prop_assert_eq!(moment.to_string().parse(), Ok(moment));
    }
}
