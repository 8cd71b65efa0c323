//! The parameters of a query: each there once at most, and none that the path does not take. It knows
//! no route, and of the values only what they are made of.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::fields::FromText;
use crate::http::{Problem, decode, query_pairs};

/// Times in a query: integers that every client can write.
pub const TIME_MS: RangeInclusive<u64> = 0..=(1 << 53) - 1;

/// A query's parameters.
#[derive(Debug)]
pub struct Query<'q> {
    given: Vec<(&'static str, Cow<'q, str>)>,
}

impl<'q> Query<'q> {
    /// Reads a query of a path that takes parameters of these names.
    pub fn parse(query: Option<&'q str>, takes: &[&'static str]) -> Result<Self, Problem> {
        let mut parsed = Self { given: Vec::new() };
        for (name, value) in query_pairs(query) {
            let Some(known) = takes.iter().find(|known| **known == name) else {
                return Err(invalid(name, format!("this path takes the query parameters `{}`", takes.join("`, `"))));
            };
            if parsed.text(known).is_some() {
                return Err(invalid(name, "must be given once"));
            }
            let value = decode(value).ok_or_else(|| invalid(name, "is not valid percent-encoding of UTF-8"))?;
            parsed.given.push((known, value));
        }
        Ok(parsed)
    }

    /// A parameter as it was given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
    }

    /// A parameter that is an integer.
    pub fn number(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, Problem> {
        let Some(value) = self.text(name) else { return Ok(None) };
        let is_number = value.bytes().all(|digit| digit.is_ascii_digit());
        let number = value.parse().ok().filter(|number| is_number && range.contains(number));
        let (least, most) = range.into_inner();
        number.map(Some).ok_or_else(|| invalid(name, format!("must be an integer from {least} to {most}")))
    }

    /// A parameter that is a name.
    pub fn name<T: FromText>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(value) = self.text(name) else { return Ok(None) };
        T::from_text(value).map(Some).map_err(|error| invalid(name, error.to_string()))
    }

    /// A parameter that is a place in a list, as `read` finds it in the text.
    pub fn place<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        let Some(value) = self.text(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| invalid(name, "is no cursor that was ever given out here"))
    }
}

/// A parameter that is not valid. A name that is not ours may hold what a JSON pointer escapes.
pub fn invalid(name: &str, detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::invalid(&format!("/query/{}", name.replace('~', "~0").replace('/', "~1")), detail)
}

#[cfg(test)]
mod tests {
    use super::Query;
    use crate::http::Problem;
    use ledger::Sku;
    use serde_json::Value;

    fn pointer(problem: &Problem) -> String {
        let problem: Value = serde_json::from_slice(&problem.to_json()).expect("valid JSON");
        assert_eq!(problem["code"], "invalid_request");
        problem["pointer"].as_str().expect("a pointer").to_owned()
    }

    #[test]
    fn what_is_given_is_decoded_and_the_rest_is_not_there() {
        let query = Query::parse(Some("sku=A%3A1&limit=%37&after="), &["sku", "limit", "after", "state"]);
        let query = query.expect("all of it is taken");
        assert_eq!(query.name("sku").ok(), Some(Sku::parse("A:1").ok()));
        assert_eq!(query.number("limit", 1..=7).ok(), Some(Some(7)));
        assert_eq!((query.text("after"), query.text("state")), (Some(""), None));
        assert!(matches!(query.number("state", 1..=7), Ok(None)));
        assert!(matches!(query.name::<Sku>("state"), Ok(None)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let parse = |query| Query::parse(Some(query), &["sku", "limit"]);
        for (query, expected) in [
            ("Sku=A", "/query/Sku"),
            ("sku=A&sku=A", "/query/sku"),
            ("sku=%FF", "/query/sku"),
            ("a/b~c", "/query/a~1b~0c"),
        ] {
            assert_eq!(pointer(&parse(query).expect_err(query)), expected);
        }
        for number in ["", "0", "8", "+5", "-1", "5.0", "99999999999999999999"] {
            let text = format!("limit={number}");
            let query = Query::parse(Some(&text), &["limit"]).expect("it is a parameter");
            assert_eq!(pointer(&query.number("limit", 1..=7).expect_err(number)), "/query/limit");
        }
        let query = parse("sku=").expect("it is a parameter");
        assert_eq!(pointer(&query.name::<Sku>("sku").expect_err("no name")), "/query/sku");
        assert_eq!(pointer(&query.place("sku", |_| None::<()>).expect_err("no place")), "/query/sku");
    }
}
