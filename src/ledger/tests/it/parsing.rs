//! The edges of what is a name and what is a quantity.

use ledger::{
    Channel, Customer, Location, MAX_QUANTITY, Millis, NameError, Order, Quantity, QuantityError, ReservationId,
    SaleId, Sku, Text,
};

#[test]
fn an_identifier_has_1_to_64_bytes() {
    for bytes in [1, 24, 25, 63, 64] {
        let name = "x".repeat(bytes);
        assert_eq!(Sku::parse(&name).map(|sku| sku.as_str().to_owned()), Ok(name));
    }
    assert_eq!(Sku::parse(""), Err(NameError::Empty));
    assert_eq!(Sku::parse(&"x".repeat(65)), Err(NameError::TooLong(64)));
}

#[test]
fn every_kind_of_identifier_has_the_same_edges() {
    let long = "x".repeat(65);
    let kinds: [fn(&str) -> Option<NameError>; 6] = [
        |name| Sku::parse(name).err(),
        |name| Location::parse(name).err(),
        |name| Customer::parse(name).err(),
        |name| Channel::parse(name).err(),
        |name| SaleId::parse(name).err(),
        |name| ReservationId::parse(name).err(),
    ];
    for error in kinds {
        assert_eq!(error(&long[..64]), None);
        assert_eq!(error(&long), Some(NameError::TooLong(64)));
        assert_eq!(error(""), Some(NameError::Empty));
        assert_eq!(error("a b"), Some(NameError::Alphabet));
    }
}

#[test]
fn an_identifier_holds_letters_digits_and_four_marks() {
    assert!(Sku::parse("AZaz09._:-").is_ok());
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    for byte in (0..128).filter(|byte| !known(*byte)) {
        assert_eq!(Sku::parse(&char::from(byte).to_string()), Err(NameError::Alphabet), "byte {byte}");
    }
    assert_eq!(Sku::parse("é"), Err(NameError::Alphabet));
}

#[test]
fn length_counts_bytes_and_not_characters() {
    assert!(Text::parse(&"é".repeat(127)).is_ok());
    assert_eq!(Text::parse(&"é".repeat(128)), Err(NameError::TooLong(255)));
}

#[test]
fn a_text_has_1_to_255_bytes_without_control_characters() {
    assert!(Text::parse("x").is_ok() && Text::parse(&"x".repeat(255)).is_ok());
    assert!(Text::parse("found behind shelf 7, läuft").is_ok());
    assert!(Order::parse("#1001 / Zürich").is_ok() && Order::parse("a\nb").is_err(), "an order is a text");
    assert_eq!(Text::parse(""), Err(NameError::Empty));
    assert_eq!(Text::parse(&"x".repeat(256)), Err(NameError::TooLong(255)));
    for control in ["a\nb", "\0", "\u{7f}", "\u{85}"] {
        assert_eq!(Text::parse(control), Err(NameError::Control));
    }
}

#[test]
fn the_default_location_is_a_name_like_any_other() {
    assert_eq!(Ok(Location::default_location()), Location::parse("default"));
}

#[test]
fn a_quantity_is_1_to_a_thousand_million() {
    assert_eq!(Quantity::new(0), Err(QuantityError));
    assert_eq!(Quantity::new(1).map(Quantity::units), Ok(1));
    assert_eq!(Quantity::new(1_000_000_000).map(Quantity::units), Ok(MAX_QUANTITY));
    assert_eq!(Quantity::new(1_000_000_001), Err(QuantityError));
    assert_eq!(Quantity::new((1 << 32) + 1), Err(QuantityError), "not cut to 32 bits");
    assert_eq!(Quantity::new(u64::MAX), Err(QuantityError));
}

#[test]
fn time_stays_at_its_ends() {
    assert_eq!(Millis(5).plus(Millis(7)), Millis(12));
    assert_eq!(Millis(u64::MAX).plus(Millis(1)), Millis(u64::MAX));
    assert_eq!(Millis(7).since(Millis(5)), Millis(2));
    assert_eq!(Millis(5).since(Millis(7)), Millis(0));
}
