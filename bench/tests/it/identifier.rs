//! Escaping: always an identifier, always reversible.

use bench::replay::Identifier;
use proptest::prelude::*;

#[test]
fn escapes_what_the_alphabet_lacks_and_the_colon() {
    for (raw, escaped) in [
        ("85123A", "85123A"),
        ("17850.0", "17850.0"),
        ("BANK CHARGES", "BANK:20CHARGES"),
        ("a:b", "a:3ab"),
        ("é", ":c3:a9"),
    ] {
        let identifier = Identifier::escape(raw).unwrap_or_else(|error| panic!("{raw}: {error}"));
        assert_eq!(identifier.as_str(), escaped);
    }
}

#[test]
fn refuses_the_empty_and_the_too_long() {
    assert!(Identifier::escape("").is_err());
    assert!(Identifier::escape(&"x".repeat(64)).is_ok());
    assert!(Identifier::escape(&"x".repeat(65)).is_err());
    assert!(Identifier::escape(&" ".repeat(22)).is_err(), "22 spaces escape to 66 bytes");
}

proptest! {
    #[test]
    fn every_code_comes_back(raw in "\\PC{1,16}") {
        let Ok(identifier) = Identifier::escape(&raw) else {
            // 16 characters of four bytes do not fit; whatever has at most 21 bytes does.
            prop_assert!(raw.len() > 21);
            return Ok(());
        };
        prop_assert!(identifier.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte)));
        prop_assert_eq!(identifier.unescape(), raw);
    }

    #[test]
    fn different_codes_stay_different(left in "[A-Z: ]{1,8}", right in "[A-Z: ]{1,8}") {
        let escape = |raw: &str| Identifier::escape(raw).ok();
        prop_assert_eq!(left == right, escape(&left) == escape(&right));
    }
}
