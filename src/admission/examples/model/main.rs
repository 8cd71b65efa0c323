//! probe
mod world;
use admission::*;
use world::scenarios::*;
fn main() {
    for load in SWEEP {
        for on in [Admission::On, Admission::Off] {
            let t = steady(on, load);
            let r = WARM_UP..68;
            let all = t.all(r.clone());
            print!("{load:5} {on:?} goodput {:7.1} p99 {:7.1}", all.served as f64 / 58.0, all.p99_ms());
            for c in Class::ALL {
                let k = t.class(c, r.clone());
                print!(" | {:.4} {:.0}", k.served as f64 / k.offered.max(1) as f64, k.p99_ms());
            }
            let s = &t.0[67];
            println!(
                " lim {} lvl {} broken {} refl {} reflv {}",
                s.limit,
                s.admitted,
                t.0.iter().map(|s| s.order_broken).sum::<u32>(),
                all.refused_for(Reason::UpstreamLimit),
                all.refused_for(Reason::Level)
            );
        }
    }
    for load in SWEEP {
        for on in [Admission::On, Admission::Off] {
            let t = steady_listener(on, load);
            let r = WARM_UP..39;
            let all = t.all(r.clone());
            print!("L{load:5} {on:?} goodput {:7.1} p99 {:7.1}", all.served as f64 / 29.0, all.p99_ms());
            for c in Class::ALL {
                let k = t.class(c, r.clone());
                print!(" | {:.4} {:.0}", k.served as f64 / k.offered.max(1) as f64, k.p99_ms());
            }
            let s = &t.0[38];
            println!(
                " lvl {} broken {} qd {} lv {} qf {}",
                s.admitted,
                t.0.iter().map(|s| s.order_broken).sum::<u32>(),
                all.refused_for(Reason::QueueDelay),
                all.refused_for(Reason::Level),
                all.refused_for(Reason::QueueFull)
            );
        }
    }
    let show = |name: &str, t: &world::tally::Tally| {
        println!("{name}");
        for (i, s) in t.0.iter().enumerate() {
            let a = t.all(i..i + 1);
            println!(
                "{i} off {} good {} p99 {:.0} lim {} lvl {} sent {} rt {} to {} failed {} pay/chk {:.3} {:.3}",
                a.offered,
                a.served,
                a.p99_ms(),
                s.limit,
                s.admitted,
                s.sent,
                s.retried,
                a.timed_out,
                a.failed,
                s.classes[0].served as f64 / s.classes[0].offered.max(1) as f64,
                s.classes[1].served as f64 / s.classes[1].offered.max(1) as f64
            );
        }
    };
    show("step", &step(Admission::On));
    show("slow", &slow(Admission::On));
    show("hang", &hanging(Admission::On));
    let t = failing();
    show("failing", &t);
    for (g, q) in [(1.0, None), (100.0, None), (100.0, Some(12))] {
        let t = greedy(g, q);
        let f = t.first_client(10..39);
        let a = t.all(10..39);
        println!(
            "greedy {g} {q:?} first {} of {} others {} of {}",
            f.served,
            f.offered,
            a.served - f.served,
            a.offered - f.offered
        );
    }
}
