//! Figures as people read them. Pure.

/// A count with its thousands apart: `55,416`.
pub(super) fn count(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut apart = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// Milliseconds of microseconds: `0.29`, `10.8`, `145`.
pub(super) fn ms(microseconds: f64) -> String {
    let value = microseconds / 1e3;
    let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.digits$}")
}

/// A ratio, or nothing.
pub(super) fn ratio(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.2}"))
}

/// Microseconds, or nothing.
pub(super) fn us(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.1}"))
}
