//! The way back: port, durable mark and wake. An answer is given when its gate is durable, not
//! before, and its owner, asleep, is woken for it. Port and commit buffer are the engine's; around
//! them stand `Engine::put`, `collect`, `fail` and the committer's step in a line each.

use crate::commit::CommitBuffer;
use crate::explore::explore;
use crate::group_commit::{buffer, commit_all, record};
use crate::request::Unavailable;
use crate::sync::thread;
use crate::{Answer, Port, Ticket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wal::Lsn;

/// As `Engine::put`.
fn put(commit: &CommitBuffer, port: &Port, gate: Lsn, ticket: Ticket) {
    port.put(gate, ticket, Answer::Unavailable(Unavailable::QueueFull));
    if gate <= commit.durable() || commit.has_failed() {
        port.wake();
    }
}

/// As `Engine::collect`, until so many answers came; asleep in between.
fn collect(commit: &CommitBuffer, port: &Port, mut answers: usize, mut given: impl FnMut(Lsn, Ticket)) {
    while answers > 0 {
        let before = answers;
        let failed = commit.has_failed();
        let durable = commit.durable();
        port.take(
            |gate| gate <= durable || failed,
            |gate, ticket, _answer| {
                answers -= 1;
                given(gate, ticket);
            },
        );
        if answers == before {
            thread::park();
        }
    }
}

/// A port that wakes the thread which calls.
fn port_of_this_thread() -> Arc<Port> {
    let owner = thread::current();
    Port::new(move || owner.unpark())
}

#[test]
fn an_answer_waits_for_its_gate_and_its_owner_is_woken() {
    explore("completion, one shard", 3, || {
        let (commit, port) = (buffer(), port_of_this_thread());
        // What the disk has, whoever has heard of it; loom does not see it.
        let synced = Arc::new(AtomicU64::new(0));
        let shard = {
            let (commit, port) = (Arc::clone(&commit), Arc::clone(&port));
            thread::spawn(move || {
                for ticket in 1..=2 {
                    let gate = commit.append(&record());
                    put(&commit, &port, gate, Ticket(ticket));
                }
            })
        };
        let committer = {
            let (commit, port, synced) = (Arc::clone(&commit), Arc::clone(&port), Arc::clone(&synced));
            thread::spawn(move || {
                commit_all(&commit, Lsn(2), |durable| {
                    synced.store(durable.0, Ordering::SeqCst);
                    port.wake();
                });
            })
        };
        let mut tickets = Vec::new();
        collect(&commit, &port, 2, |gate, ticket| {
            assert!(gate <= commit.durable(), "an answer went before its gate was durable");
            tickets.push(ticket);
        });
        assert_eq!(tickets, [Ticket(1), Ticket(2)]);
        shard.join().expect("a shard does not panic");
        committer.join().expect("a committer does not panic");
        assert_eq!(synced.load(Ordering::SeqCst), 2);
    });
}

/// A refusal that waits for somebody else's record: put by one thread while another moves the mark.
#[test]
fn two_shards_put_while_the_mark_moves() {
    explore("completion, two shards", 2, || {
        let (commit, port) = (buffer(), port_of_this_thread());
        let gate = commit.append(&record());
        let put_one = |ticket| {
            let (commit, port) = (Arc::clone(&commit), Arc::clone(&port));
            thread::spawn(move || put(&commit, &port, gate, Ticket(ticket)))
        };
        let shards = [put_one(1), put_one(2)];
        let committer = {
            let (commit, port) = (Arc::clone(&commit), Arc::clone(&port));
            thread::spawn(move || commit_all(&commit, gate, |_| port.wake()))
        };
        collect(&commit, &port, 2, |gate, _| assert!(gate <= commit.durable()));
        for thread in shards {
            thread.join().expect("a shard does not panic");
        }
        committer.join().expect("a committer does not panic");
    });
}

#[test]
fn who_waits_when_the_log_fails_is_woken() {
    explore("completion, failing log", 3, || {
        let (commit, port) = (buffer(), port_of_this_thread());
        let shard = {
            let (commit, port) = (Arc::clone(&commit), Arc::clone(&port));
            thread::spawn(move || put(&commit, &port, Lsn(1), Ticket(1)))
        };
        let committer = {
            let (commit, port) = (Arc::clone(&commit), Arc::clone(&port));
            thread::spawn(move || {
                commit.fail();
                port.wake();
            })
        };
        collect(&commit, &port, 1, |_, _| assert!(commit.has_failed()));
        shard.join().expect("a shard does not panic");
        committer.join().expect("a committer does not panic");
    });
}

#[test]
fn who_listens_hears_of_the_next_move_of_the_mark() {
    explore("completion, a listener", 3, || {
        let (commit, port) = (buffer(), port_of_this_thread());
        let last = commit.append(&record());
        let committer = {
            let (commit, port) = (Arc::clone(&commit), Arc::clone(&port));
            thread::spawn(move || commit_all(&commit, last, |_| port.wake()))
        };
        loop {
            port.listen();
            if commit.durable() == last {
                break;
            }
            thread::park();
        }
        committer.join().expect("a committer does not panic");
    });
}
