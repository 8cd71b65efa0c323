//! Callers that block, and a thread that drives the engine under them: real concurrency.

use crate::asks::told;
use crate::shop::Shop;
use engine::{Answer, Engine, Port, Request, Ticket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().expect("nobody panics with the lock") = true;
        self.heard.notify_all();
    }

    fn wait(&self) {
        let rung = self.rung.lock().expect("nobody panics with the lock");
        let mut rung = self.heard.wait_while(rung, |rung| !*rung).expect("nobody panics with the lock");
        *rung = false;
    }
}

/// One thread's way to the engine: asks, and blocks until it is told.
pub struct Caller {
    engine: Arc<Engine>,
    port: Arc<Port>,
    bell: Arc<Bell>,
    asked: u32,
}

impl Caller {
    pub fn new(engine: &Arc<Engine>) -> Self {
        let bell = Arc::new(Bell::default());
        let ringing = Arc::clone(&bell);
        let port = Port::new(move || ringing.ring());
        engine.attach(&port);
        Self { engine: Arc::clone(engine), port, bell, asked: 0 }
    }

    pub fn ask(&mut self, request: Request) -> Answer {
        self.asked += 1;
        if let Some(answer) = self.engine.submit(&self.port, Ticket(self.asked), request) {
            return answer;
        }
        loop {
            let mut answered = None;
            self.engine.collect(&self.port, |ticket, answer| {
                assert_eq!(ticket, Ticket(self.asked));
                assert!(answered.replace(answer).is_none(), "answered twice");
            });
            match answered {
                Some(answer) => return answer,
                // The port's promise under test: no wake is lost, or this waits for ever.
                None => self.bell.wait(),
            }
        }
    }

    pub fn tell(&mut self, request: Request) -> String {
        told(&self.ask(request))
    }
}

/// A thread that steps everything round and round.
pub struct Driver {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<Shop>,
}

impl Driver {
    pub fn start(mut shop: Shop) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let asked_to_stop = Arc::clone(&stopping);
        let thread = thread::spawn(move || {
            while !asked_to_stop.load(Ordering::SeqCst) {
                shop.engine.tick();
                if shop.commit().is_empty() {
                    thread::yield_now();
                }
            }
            shop.commit();
            shop
        });
        Self { stopping, thread }
    }

    pub fn stop(self) -> Shop {
        self.stopping.store(true, Ordering::SeqCst);
        self.thread.join().expect("the driver does not panic")
    }
}
