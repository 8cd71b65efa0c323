//! What may be kept, for how long and for whom, without a network: times and headers are values here.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use admission::Nanos;
use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};

use super::terms::{Caching, Terms};
use super::variant::{Times, Variant};
use super::{Boarding, Cache, Flight, Key, Landing, impersonal, may_be_kept};

type Pairs<'p> = &'p [(&'static str, &'p str)];

const NOW: Nanos = Nanos::from_secs(1_000);

fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
}

/// Times of an answer that was asked for and came at once.
fn at(arrived: Nanos) -> Times {
    Times { asked: arrived, arrived, wall: wall() }
}

fn caching() -> Caching {
    let (fresh, while_revalidate, if_error) = (Nanos::from_millis(1_500), Nanos::from_secs(2), Nanos::from_secs(3));
    Caching { scope: "platform /*".to_owned(), fresh, while_revalidate, if_error }
}

fn headers(pairs: Pairs<'_>) -> HeaderMap {
    let pair = |&(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header's value"))
    };
    pairs.iter().map(pair).collect()
}

fn terms(asked: Pairs<'_>, status: u16, answered: Pairs<'_>) -> Option<Terms> {
    let status = StatusCode::from_u16(status).expect("a status");
    Terms::of(&caching(), &headers(asked), status, &headers(answered), (wall(), Nanos(0)))
}

fn fresh_ms(answered: Pairs<'_>) -> Option<u64> {
    terms(&[], 200, answered).map(|terms| terms.fresh(&caching()).0 / 1_000_000)
}

fn variant(asked: Pairs<'_>, answered: Pairs<'_>) -> Option<Arc<Variant>> {
    let begun = Variant::begin(&caching(), &headers(asked), StatusCode::OK, &headers(answered), at(NOW))?;
    Some(Arc::new(begun.with_body(Bytes::from_static(b"body"))))
}

fn head(method: Method, target: &str, pairs: Pairs<'_>) -> Parts {
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().expect("a target");
    *request.headers_mut() = headers(pairs);
    request.into_parts().0
}

#[test]
fn an_answer_says_how_long_it_is_fresh_or_else_its_route() {
    for (answered, fresh) in [
        (&[][..], 1_500),
        (&[("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")][..], 1_500),
        (&[("cache-control", "public")], 1_500),
        (&[("age", "1")], 500),
        (&[("cache-control", "max-age=60")], 60_000),
        (&[("cache-control", "Max-Age=60, S-MaxAge=5")], 5_000),
        (&[("cache-control", "max-age=60"), ("age", "18")], 42_000),
        (&[("expires", "Sun, 06 Nov 1994 08:49:57 GMT")], 20_000),
        (&[("expires", "0"), ("etag", "\"a\"")], 0),
        (&[("cache-control", "no-cache"), ("etag", "\"a\"")], 0),
        (&[("pragma", "no-cache"), ("etag", "\"a\"")], 0),
        (&[("cache-control", "max-age=99999999999999999999"), ("etag", "\"a\"")], 0),
        (&[("cache-control", "max-age=60, proxy-revalidate")], 60_000),
        (&[("cache-control", "max-age=60, max-age=0")], 60_000),
        (&[("cache-control", "max-age=0, max-age=60"), ("etag", "\"a\"")], 0),
        (&[("cache-control", "max-age=\"60\"")], 60_000),
        // Made before it came, as its date says: 31 seconds ago, or nearly.
        (&[("date", "Sun, 06 Nov 1994 08:49:06 GMT"), ("cache-control", "max-age=60")], 30_000),
        (&[("date", "Sun, 06 Nov 1994 08:49:06 GMT"), ("age", "40"), ("cache-control", "max-age=60")], 20_000),
        (&[("date", "Sun, 06 Nov 1994 08:49:06 GMT"), ("expires", "Sun, 06 Nov 1994 08:50:06 GMT")], 30_000),
        (&[("date", "Sun, 06 Nov 1994 09:49:06 GMT"), ("cache-control", "max-age=60")], 60_000),
        (&[("date", "Sun, 06 Nov 1994 08:49:36 GMT")], 1_500),
        (&[("cache-control", "max-age=9999999999")], 365 * 24 * 60 * 60 * 1_000),
        (&[("age", "18446744073709551615"), ("etag", "\"a\"")], 0),
        (&[("age", "-1"), ("cache-control", "max-age=60"), ("etag", "\"a\"")], 0),
    ] {
        assert_eq!(fresh_ms(answered), Some(fresh), "{answered:?}");
    }
}

#[test]
fn what_is_for_one_client_or_of_no_use_is_not_kept() {
    for answered in [
        &[("cache-control", "no-store")][..],
        &[("cache-control", "PRIVATE, max-age=60")],
        &[("cache-control", "private=\"x-a, x-b\"")],
        &[("cache-control", "public, max-age=60"), ("set-cookie", "sid=1")],
        &[("cache-control", "max-age=60"), ("tidegate-promote", "1000")],
        &[("cache-control", "max-age=0, must-revalidate")],
        &[("cache-control", "no-cache")],
    ] {
        assert_eq!(terms(&[], 200, answered), None, "{answered:?}");
    }
    for status in [206, 302, 304, 400, 403, 429, 500, 503] {
        assert_eq!(terms(&[], status, &[]), None, "{status}");
    }
    assert!(terms(&[], 302, &[("cache-control", "max-age=60")]).is_some(), "it says so itself");
    assert_eq!(terms(&[], 500, &[("cache-control", "max-age=60")]), None);
    for status in [200, 204, 301, 404, 410] {
        assert!(terms(&[], status, &[]).is_some(), "{status}");
    }
    let unreadable = HeaderMap::from_iter([(
        HeaderName::from_static("cache-control"),
        HeaderValue::from_bytes(b"max-age=60, \xff").expect("a header's value"),
    )]);
    let times = (wall(), Nanos(0));
    assert_eq!(Terms::of(&caching(), &HeaderMap::new(), StatusCode::OK, &unreadable, times), None);
}

#[test]
fn the_time_that_an_answer_took_to_come_is_part_of_its_age_and_not_of_its_routes_time() {
    let slow = |answered: Pairs<'_>| {
        let times = (wall(), Nanos::from_secs(7));
        Terms::of(&caching(), &HeaderMap::new(), StatusCode::OK, &headers(answered), times).expect("kept")
    };
    let said = slow(&[("cache-control", "max-age=60"), ("age", "3")]);
    assert_eq!((said.age, said.fresh(&caching())), (Nanos::from_secs(10), Nanos::from_secs(50)));
    assert_eq!(slow(&[]).fresh(&caching()), caching().fresh);
}

#[test]
fn what_a_route_says_is_asked_at_each_use() {
    let unsaid = variant(&[], &[("etag", "\"a\"")]).expect("kept");
    let said = variant(&[], &[("cache-control", "max-age=60, stale-if-error=9")]).expect("kept");
    let later = Caching { fresh: Nanos::from_secs(5), if_error: Nanos::from_secs(100), ..caching() };
    let now = NOW.plus(Nanos::from_secs(4));
    assert!(!unsaid.is_fresh(&caching(), now) && unsaid.is_fresh(&later, now));
    assert_eq!([&unsaid, &said].map(|kept| kept.seconds_left(&later, now)), [1, 56]);
    let late = NOW.plus(Nanos::from_secs(70));
    assert!(unsaid.is_usable_instead(&later, late) && !said.is_usable_instead(&later, late));
}

#[test]
fn an_answer_to_somebody_who_is_known_is_his_unless_it_says_otherwise() {
    let asked = [("authorization", "Bearer a")];
    assert_eq!(terms(&asked, 200, &[("cache-control", "max-age=60")]), None);
    for says in ["public, max-age=60", "s-maxage=60", "must-revalidate, max-age=60"] {
        let found = terms(&asked, 200, &[("cache-control", says)]);
        assert!(found.is_some_and(|terms| terms.is_for_authorized), "{says}");
    }
    // Two that contradict each other say nothing of whom it is for.
    for says in ["max-age=60, max-age=0", "max-age=0, max-age=60", "max-age=60, max-age=60"] {
        assert_eq!(terms(&asked, 200, &[("cache-control", says), ("etag", "\"a\"")]), None, "{says}");
    }
    let ours = variant(&[], &[("cache-control", "max-age=60")]).expect("kept");
    assert!(ours.suits(&headers(&[])) && !ours.suits(&headers(&asked)));
}

#[test]
fn a_stale_answer_is_used_as_it_says_or_else_as_its_route_says() {
    for (says, while_revalidate, if_error) in [
        ("max-age=1", 2, 3),
        ("max-age=1, stale-while-revalidate=7, stale-if-error=8", 7, 8),
        ("max-age=1, stale-if-error=x", 2, 0),
        ("s-maxage=1", 0, 0),
        ("s-maxage=1, stale-while-revalidate=7", 7, 0),
        ("max-age=1, must-revalidate, stale-if-error=8", 0, 0),
        ("max-age=1, proxy-revalidate", 0, 0),
        ("no-cache", 0, 0),
    ] {
        let found = terms(&[], 200, &[("cache-control", says), ("etag", "\"a\"")]).expect("kept");
        let spans = (found.while_revalidate(&caching()), found.if_error(&caching()));
        assert_eq!(spans, (Nanos::from_secs(while_revalidate), Nanos::from_secs(if_error)), "{says}");
    }
    let kept = variant(&[], &[("cache-control", "max-age=10")]).expect("kept");
    let at = |seconds| NOW.plus(Nanos::from_secs(seconds));
    let route = &caching();
    let uses =
        |now| (kept.is_fresh(route, now), kept.is_usable_meanwhile(route, now), kept.is_usable_instead(route, now));
    assert_eq!(uses(at(9)), (true, true, true));
    assert_eq!(uses(at(10)), (false, true, true));
    assert_eq!(uses(at(12)), (false, false, true));
    assert_eq!(uses(at(13)), (false, false, false));
    assert_eq!([at(0), at(9), at(12)].map(|now| kept.seconds_left(route, now)), [10, 1, -2]);
}

#[test]
fn what_an_answer_differs_by_must_be_the_same() {
    let asked = [("accept-language", "de"), ("cookie", "a=1")];
    let kept = variant(&asked, &[("vary", "Accept-Language, Accept-Encoding, Host, X-Original-URL")]).expect("kept");
    for same in [&[][..], &[("accept-encoding", "identity")], &[("host", "b")], &[("x-original-url", "/b")]] {
        let same = [&[("accept-language", "de")], same].concat();
        assert!(kept.suits(&headers(&same)), "{same:?}");
    }
    for other in [&[][..], &[("accept-language", "en")], &[("accept-language", "de"), ("accept-encoding", "br")]] {
        assert!(!kept.suits(&headers(other)), "{other:?}");
    }
    // What anything may change, or what each request has anew.
    for vary in ["*", "accept, *", "x-forwarded-for", "Forwarded", "traceparent", "a b"] {
        assert!(variant(&asked, &[("vary", vary)]).is_none(), "{vary}");
    }
    assert!(variant(&[], &[("vary", &["x-a"; 17].join(","))]).is_none());
}

#[test]
fn a_confirmation_renews_what_it_confirms_and_nothing_else() {
    let answered = [
        ("etag", "\"a\""),
        ("date", "Sun, 06 Nov 1994 07:49:37 GMT"),
        ("x-a", "old"),
        ("link", "</1>"),
        ("link", "</2>"),
        ("content-type", "text/plain"),
    ];
    let kept = variant(&[], &answered).expect("kept");
    let renew = |confirmation: Pairs<'_>| {
        kept.renewed(&caching(), &HeaderMap::new(), &headers(confirmation), at(NOW.plus(Nanos::from_secs(100))))
    };
    let confirmation = [("etag", "W/\"a\""), ("x-a", "new"), ("content-length", "9"), ("content-type", "x/y")];
    let (renewed, is_kept) = renew(&confirmation).expect("it is the same one");
    assert!(is_kept && renewed.is_fresh(&caching(), NOW.plus(Nanos::from_secs(101))));
    let reply = renewed.reply(&head(Method::GET, "/", &[]), NOW.plus(Nanos::from_secs(101)));
    let found = reply.headers();
    assert_eq!(
        (&found["x-a"], &found["content-type"], &found["age"]),
        (&"new".parse().unwrap(), &"text/plain".parse().unwrap(), &"1".parse().unwrap())
    );
    assert_eq!(found.get_all("link").iter().count(), 2);
    assert!(renew(&[("etag", "\"b\"")]).is_none());
    let (private, is_kept) = renew(&[("cache-control", "private")]).expect("it is the same one");
    assert!(!is_kept && !private.is_fresh(&caching(), NOW.plus(Nanos::from_secs(100))));
}

#[test]
fn a_reply_is_whole_or_its_head_or_that_it_is_known() {
    let kept = variant(&[], &[("etag", "W/\"a\""), ("age", "7")]).expect("kept");
    let reply = |method, pairs: Pairs<'_>| kept.reply(&head(method, "/", pairs), NOW.plus(Nanos::from_millis(1_999)));
    let length = |reply: &crate::http::Reply| hyper::body::Body::size_hint(reply.body()).exact();
    let whole = reply(Method::GET, &[]);
    assert_eq!(
        (whole.status().as_u16(), length(&whole), &whole.headers()["age"]),
        (200, Some(4), &"8".parse().unwrap())
    );
    let known = reply(Method::GET, &[("if-none-match", "\"b\", \"a\"")]);
    assert_eq!((known.status().as_u16(), length(&known)), (304, Some(0)));
    let bare = reply(Method::HEAD, &[]);
    assert_eq!((length(&bare), &bare.headers()["content-length"]), (Some(0), &"4".parse().unwrap()));
}

#[test]
fn a_key_has_all_that_an_upstream_may_tell_answers_apart_by() {
    let key = |scope: &str, target: &str, pairs: Pairs<'_>| Key::new(scope, &head(Method::GET, target, pairs));
    let plain = key("r", "/a?b=1", &[("host", "shop")]);
    assert_eq!(plain, key("r", "/a?b=1", &[("host", "SHOP"), ("accept", "*/*")]));
    assert_eq!(plain.path(), "/a");
    for (other, is_elsewhere) in [
        (key("s", "/a?b=1", &[("host", "shop")]), false),
        (key("r", "/a?b=2", &[("host", "shop")]), true),
        (key("r", "/a", &[("host", "shop")]), true),
        (key("r", "/a?b=1", &[("host", "shop:80")]), true),
        (key("r", "/a?b=1", &[("host", "shop"), ("x-forwarded-host", "a")]), false),
        (key("r", "/a?b=1", &[("host", "shop"), ("x-forwarded-host", "")]), false),
        (key("r", "/a?b=1", &[("host", "shop"), ("x-forwarded-proto", "a")]), false),
    ] {
        assert_ne!(plain, other);
        assert_eq!(plain.place() != other.place(), is_elsewhere, "{other:?}");
    }
}

#[test]
fn what_the_key_does_not_have_is_not_sent() {
    let sent = impersonal(&head(
        Method::HEAD,
        "/a",
        &[
            ("host", "SHOP"),
            ("cookie", "a=1"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-port", "666"),
            ("x-forwarded-scheme", "nope"),
            ("x-original-url", "/admin"),
            ("x-rewrite-url", "/admin"),
            ("x-http-method-override", "POST"),
            ("x-http-host-override", "evil"),
            ("x-host", "evil"),
            ("accept-encoding", "zstd;q=0, BR, gzip;q=0.1"),
            ("forwarded", "host=evil"),
            ("if-none-match", "\"a\""),
            ("cache-control", "no-cache"),
        ],
    ));
    assert_eq!(sent.method, Method::GET);
    let left = [("host", "shop"), ("cookie", "a=1"), ("x-forwarded-for", "192.0.2.1"), ("accept-encoding", "br, gzip")];
    assert_eq!(sent.headers, headers(&left));
    for (method, pairs, may) in [
        (Method::GET, &[][..], true),
        (Method::HEAD, &[("if-none-match", "\"a\"")], true),
        (Method::POST, &[], false),
        (Method::GET, &[("range", "bytes=0-1")], false),
        (Method::GET, &[("if-match", "\"a\"")], false),
        (Method::GET, &[("upgrade", "websocket")], false),
    ] {
        assert_eq!(may_be_kept(&head(method.clone(), "/", pairs)), may, "{method} {pairs:?}");
    }
}

#[test]
fn so_many_variants_and_bytes_are_kept_and_no_more() {
    let cache = Arc::new(Cache::new(1 << 20));
    let key = Key::new("r", &head(Method::GET, "/a", &[]));
    for number in 0..20 {
        let language = number.to_string();
        let kept = variant(&[("accept-language", &language)], &[("vary", "accept-language")]).expect("kept");
        cache.keep(&key, &kept);
        cache.keep(&key, &kept);
        let first = headers(&[("accept-language", "0")]);
        assert!(cache.find(&key, &first, NOW.plus(Nanos(1 + number))).is_some(), "what is asked for stays");
    }
    let has = |number: &u64| {
        cache.find(&key, &headers(&[("accept-language", &number.to_string())]), NOW.plus(Nanos(100))).is_some()
    };
    let stayed: Vec<_> = (0..20).filter(has).collect();
    assert_eq!((stayed.len(), stayed[0], stayed[7]), (8, 0, 19), "{stayed:?}");
    let large = variant(&[], &[("cache-control", "max-age=60")]).expect("kept");
    let large = Arc::new(Variant::clone(&large).with_body(vec![0; 100 << 10].into()));
    for number in 0..100 {
        cache.keep(&Key::new("r", &head(Method::GET, &format!("/{number}"), &[])), &large);
        assert!(cache.bytes() <= 1 << 20, "{}", cache.bytes());
    }
    assert!(cache.bytes() > 500 << 10, "{}", cache.bytes());
}

#[test]
fn what_was_asked_for_before_a_change_is_not_given_out_after_it() {
    let cache = Cache::new(1 << 20);
    let key = |target: &str, scope: &str| Key::new(scope, &head(Method::GET, target, &[]));
    let (none, second) = (HeaderMap::new(), Nanos::from_secs(1));
    let kept = variant(&[], &[]).expect("kept");
    let has = |target: &str, scope: &str| cache.find(&key(target, scope), &none, NOW).is_some();
    for (target, scope) in [("/a", "r"), ("/a", "s"), ("/a?b", "r"), ("/c", "r")] {
        cache.keep(&key(target, scope), &kept);
    }
    cache.outdate(&key("/a", ""), Nanos(NOW.0 - 1));
    assert!(has("/a", "r"), "it was asked for afterwards");
    cache.outdate(&key("/a", ""), NOW);
    assert_eq!([has("/a", "r"), has("/a", "s"), has("/a?b", "r"), has("/c", "r")], [false, false, true, true]);
    cache.keep(&key("/a", "r"), &kept);
    assert!(!has("/a", "r"), "it came only afterwards");
    let begun = Variant::begin(&caching(), &none, StatusCode::OK, &none, at(NOW.plus(second))).expect("kept");
    cache.keep(&key("/a", "r"), &Arc::new(begun));
    assert!(has("/a", "r"));
    // By hand: what was kept, and what was under way.
    assert_eq!(cache.purge(|path| path == "/c", NOW), 1);
    cache.keep(&key("/c", "r"), &kept);
    assert_eq!([has("/a", "r"), has("/a?b", "r"), has("/c", "r")], [true, true, false]);
    cache.purge(|_| true, NOW.plus(second));
    assert_eq!([has("/a", "r"), has("/a?b", "r"), has("/c", "r")], [false; 3]);
}

/// Whoever leads, as he must.
fn lead(boarding: Boarding) -> Flight {
    match boarding {
        Boarding::Lead(flight) => flight,
        other => panic!("nobody leads yet: {other:?}"),
    }
}

#[test]
fn what_is_known_to_be_for_one_alone_is_not_waited_for_until_it_is_for_all_or_forgotten() {
    let cache = Arc::new(Cache::new(1 << 20));
    let key = Key::new("r", &head(Method::GET, "/a", &[]));
    let none = HeaderMap::new();
    let board = |now| cache.board(&key, &caching(), &none, now);
    let known = headers(&[("authorization", "Bearer a")]);
    lead(board(NOW)).land(Landing::Alone, NOW);
    let (first, second) = (lead(board(NOW)), lead(board(NOW)));
    assert!(cache.refresh(&key, &none, NOW).is_none(), "nothing is fetched behind anybody's back");
    let his = lead(cache.board(&key, &caching(), &known, NOW));
    assert!(matches!(cache.board(&key, &caching(), &known, NOW), Boarding::Follow(_)), "of these nothing is known");
    assert_eq!(cache.status()["fetches"], 1);
    drop((second, his));
    let kept = variant(&[], &[]).expect("kept");
    first.land(Landing::Shared(kept), NOW);
    let flight = lead(board(NOW));
    assert!(matches!(board(NOW), Boarding::Follow(_)), "it was for all");
    flight.land(Landing::Alone, NOW);
    let later = NOW.plus(Nanos::from_secs(60));
    let _flight = lead(board(later));
    assert!(matches!(board(later), Boarding::Follow(_)), "one asks on behalf of all again");
}

#[test]
fn one_leads_and_the_others_follow_until_it_has_landed_or_is_lost() {
    let cache = Arc::new(Cache::new(1 << 20));
    let key = Key::new("r", &head(Method::GET, "/a", &[]));
    let none = HeaderMap::new();
    let board = |now| cache.board(&key, &caching(), &none, now);
    let follow = || match board(NOW) {
        Boarding::Follow(passenger) => passenger,
        other => panic!("somebody leads: {other:?}"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let flight = lead(board(NOW));
    let passenger = follow();
    drop(flight);
    assert!(matches!(runtime.block_on(passenger.landing()), Landing::Failed), "it was lost");

    let flight = lead(board(NOW));
    let (first, second) = (follow(), follow());
    let kept = variant(&[], &[]).expect("kept");
    cache.keep(&key, &kept);
    flight.land(Landing::Shared(Arc::clone(&kept)), NOW);
    for passenger in [first, second] {
        let landed = runtime.block_on(passenger.landing());
        assert!(matches!(landed, Landing::Shared(shared) if Arc::ptr_eq(&shared, &kept)));
    }
    assert!(matches!(board(NOW), Boarding::Landed(_)), "it is there");
    assert_eq!(cache.status()["fetches"], 0);
    let late = NOW.plus(Nanos::from_secs(60));
    assert!(matches!(board(late), Boarding::Lead(_)), "it is not fresh");
}
