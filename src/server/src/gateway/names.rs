//! What the names of an upstream say. Each is asked by itself, on a thread of its own and once at a time: a name server
//! that hangs holds up neither requests nor other names, and what cannot be resolved leaves what was known. It knows no
//! endpoint.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// The most addresses of one upstream.
const MOST_ADDRESSES: usize = 256;

/// What is known of names, `HOST:PORT` each.
#[derive(Debug, Default)]
pub struct Names(Mutex<BTreeMap<String, Name>>);

#[derive(Debug, Default)]
struct Name {
    /// What it said last.
    addresses: Vec<SocketAddr>,
    /// Whether a thread is asking.
    is_asked: bool,
    /// Whether it was asked in vain, which is told once.
    is_failing: bool,
}

impl Names {
    /// All addresses of these names, as far as they are known after so long.
    pub async fn look_up(self: &Arc<Self>, of: &str, names: &[String], patience: Duration) -> Vec<SocketAddr> {
        self.0.lock().retain(|name, known| names.contains(name) || known.is_asked);
        let deadline = Instant::now() + patience;
        let asked: Vec<_> = names.iter().filter_map(|name| self.ask(of, name)).collect();
        for answered in asked {
            // Whatever became of it stands with the name.
            let _ = timeout_at(deadline, answered).await;
        }
        let known = self.0.lock();
        let mut found: Vec<_> =
            names.iter().filter_map(|name| known.get(name)).flat_map(|name| &name.addresses).copied().collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(MOST_ADDRESSES);
        found
    }

    /// Asks, unless somebody does. What comes back ends when there is an answer.
    fn ask(self: &Arc<Self>, of: &str, name: &str) -> Option<oneshot::Receiver<()>> {
        if let Ok(address) = name.parse() {
            self.note(of, name, Ok(vec![address]));
            return None;
        }
        let mut known = self.0.lock();
        if std::mem::replace(&mut known.entry(name.to_owned()).or_default().is_asked, true) {
            return None;
        }
        drop(known);
        let (done, answered) = oneshot::channel();
        let (names, of_theirs, theirs) = (Arc::clone(self), of.to_owned(), name.to_owned());
        let asking = thread::Builder::new().name("resolver".to_owned()).spawn(move || {
            let found = theirs.to_socket_addrs().map(Iterator::collect);
            names.note(&of_theirs, &theirs, found);
            // Whoever waited may have gone.
            let _ = done.send(());
        });
        if let Err(error) = asking {
            self.note(of, name, Err(error));
        }
        Some(answered)
    }

    fn note(&self, upstream: &str, authority: &str, found: io::Result<Vec<SocketAddr>>) {
        let mut known = self.0.lock();
        let name = known.entry(authority.to_owned()).or_default();
        name.is_asked = false;
        let was_failing = std::mem::replace(&mut name.is_failing, found.is_err());
        match found {
            Ok(addresses) => {
                name.addresses = addresses;
                if was_failing {
                    tracing::info!(upstream, authority, "an upstream's name is resolved again");
                }
            }
            Err(error) if !was_failing => {
                tracing::warn!(upstream, authority, %error, "cannot resolve an upstream; what was known stays");
            }
            Err(_told) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use std::sync::Arc;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(60);

    async fn look_up(names: &Arc<Names>, of: &[&str]) -> Vec<String> {
        let of: Vec<String> = of.iter().map(|name| (*name).to_owned()).collect();
        let found = names.look_up("a", &of, PATIENCE).await;
        found.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn a_name_that_cannot_be_resolved_hides_no_other() {
        let names = Arc::default();
        assert_eq!(
            look_up(&names, &["127.0.0.1:9", "nobody.invalid:9", "127.0.0.2:9"]).await,
            ["127.0.0.1:9", "127.0.0.2:9"]
        );
    }

    #[tokio::test]
    async fn a_name_is_followed_and_what_it_said_is_kept_while_it_says_nothing() {
        let names: Arc<Names> = Arc::default();
        let found = look_up(&names, &["localhost:9"]).await;
        assert!(!found.is_empty() && found.iter().all(|address| address.ends_with(":9")), "{found:?}");
        names.note("a", "localhost:9", Err(std::io::ErrorKind::TimedOut.into()));
        let name = names.0.lock().get("localhost:9").map(|name| (name.addresses.len(), name.is_failing));
        assert_eq!(name, Some((found.len(), true)));
        assert_eq!(look_up(&names, &["localhost:9"]).await, found);
    }

    #[tokio::test]
    async fn a_name_that_hangs_is_asked_once_and_holds_up_nobody() {
        let names: Arc<Names> = Arc::default();
        names.0.lock().entry("localhost:9".to_owned()).or_default().is_asked = true;
        assert_eq!(look_up(&names, &["localhost:9", "127.0.0.1:9"]).await, ["127.0.0.1:9"]);
    }

    #[tokio::test]
    async fn names_that_are_gone_are_forgotten() {
        let names = Arc::default();
        look_up(&names, &["127.0.0.1:9", "127.0.0.2:9"]).await;
        assert_eq!(look_up(&names, &["127.0.0.2:9"]).await, ["127.0.0.2:9"]);
        assert_eq!(names.0.lock().len(), 1);
    }
}
