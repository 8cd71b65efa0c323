//! What the kernel says of a process, as it is read.

use bench::processor::Stat;

#[test]
fn a_name_with_anything_in_it_hides_no_field() {
    let line = "17 (a) b (c)) S 5 17 17 0 -1 4194560 100 0 0 0 250 150 30 20 20 0 1 0 99 0 0";
    assert_eq!(Stat::parse(line), Some(Stat { parent: 5, own_s: 4.0, ended_children_s: 0.5 }));
    assert_eq!(Stat::parse("17 (cut) S 5 17"), None);
    assert_eq!(Stat::parse(""), None);
}
