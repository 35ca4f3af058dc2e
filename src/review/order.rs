//! The order of the log: a graph in which each event names those that stood before it.
//!
//! An event comes after everything it follows. Events that do not follow each other, as after a merge of two readers' files, are ordered
//! by time and then by hash, so that every copy of the log has one order however its rows were written. A clock that is wrong moves an event
//! among those beside it and never before one that it follows.

use super::{Event, EventHash};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

/// The events each event follows: those it names, and for one of an older file the one before it in the file. What is not among the
/// events counts for nothing.
fn parents_of(events: &[Event]) -> Vec<Vec<usize>> {
    let at: HashMap<EventHash, usize> = events.iter().enumerate().map(|(n, e)| (e.hash, n)).collect();
    let named = |(n, event): (usize, &Event)| match &event.parents {
        Some(parents) => parents.iter().filter_map(|p| at.get(p).copied()).filter(|p| *p != n).collect(),
        None => n.checked_sub(1).into_iter().collect(),
    };
    events.iter().enumerate().map(named).collect()
}

/// Brings events, given in the order of their rows, into the order of the log. Events in a circle, which only a forged file can have,
/// come last in the order of their rows.
pub fn in_order(events: Vec<Event>) -> Vec<Event> {
    let parents = parents_of(&events);
    if parents.iter().enumerate().all(|(n, p)| n == 0 || p.contains(&(n - 1))) {
        return events; // a chain, as in every file that was never merged
    }
    let mut open: Vec<usize> = parents.iter().map(Vec::len).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); events.len()];
    parents.iter().enumerate().for_each(|(n, all)| all.iter().for_each(|p| children[*p].push(n)));
    let key = |n: usize| -> Reverse<(Timestamp, EventHash, usize)> { Reverse((events[n].time, events[n].hash, n)) };
    let mut ready: BinaryHeap<_> = (0..events.len()).filter(|n| open[*n] == 0).map(key).collect();
    let mut order = Vec::with_capacity(events.len());
    while let Some(Reverse((.., n))) = ready.pop() {
        order.push(n);
        for child in &children[n] {
            open[*child] -= 1;
            if open[*child] == 0 {
                ready.push(key(*child));
            }
        }
    }
    let left = (0..events.len()).filter(|n| open[*n] > 0);
    order.extend(left.collect::<Vec<_>>());
    let mut slots: Vec<Option<Event>> = events.into_iter().map(Some).collect();
    order.into_iter().filter_map(|n| slots[n].take()).collect()
}

/// The events that no event follows, sorted: what the next event names as its parents.
pub fn tips(events: &[Event]) -> BTreeSet<EventHash> {
    let parents = parents_of(events);
    let followed: BTreeSet<usize> = parents.into_iter().flatten().collect();
    events.iter().enumerate().filter(|(n, _)| !followed.contains(n)).map(|(_, e)| e.hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::TextHash;
    use crate::review::{Action, Reviewer};

    fn event(hash: u8, second: i64, parents: Option<&[u8]>) -> Event {
        Event {
            time: Timestamp::from_second(second).unwrap(),
            reviewer: Reviewer::new("Ann", ""),
            item: "c::0".parse().unwrap(),
            judged: TextHash([0; 32]),
            active_seconds: 0.0,
            program: String::new(),
            action: Action::Flag { note: String::new() },
            prev: EventHash::ZERO,
            parents: parents.map(|p| p.iter().map(|n| EventHash([*n; 32])).collect()),
            image: None,
            hash: EventHash([hash; 32]),
        }
    }

    fn hashes(events: Vec<Event>) -> Vec<u8> {
        in_order(events).iter().map(|e| e.hash.0[0]).collect()
    }

    #[test]
    fn a_chain_keeps_its_order_whatever_the_clock_says() {
        let chain = || vec![event(9, 50, None), event(3, 40, None), event(5, 10, Some(&[3])), event(1, 5, Some(&[5]))];
        assert_eq!(hashes(chain()), [9, 3, 5, 1]);
        assert_eq!(tips(&chain()), BTreeSet::from([EventHash([1; 32])]));
    }

    #[test]
    fn branches_are_ordered_by_time_then_hash_whatever_the_order_of_rows() {
        let (root, late, early, twin) =
            (event(1, 100, Some(&[])), event(2, 90, Some(&[1])), event(4, 80, Some(&[1])), event(3, 80, Some(&[1])));
        let join = event(9, 1, Some(&[2, 3, 4]));
        let all = [root, late, early, twin, join];
        let mut seen = BTreeSet::new();
        for turn in 0..all.len() {
            let mut rows = all.to_vec();
            rows.rotate_left(turn);
            seen.insert(hashes(rows.clone()));
            rows.reverse();
            seen.insert(hashes(rows));
        }
        assert_eq!(seen, BTreeSet::from([vec![1, 3, 4, 2, 9]]));
        assert_eq!(tips(&all[..4]).len(), 3);
        assert_eq!(tips(&all), BTreeSet::from([EventHash([9; 32])]));
    }

    #[test]
    fn what_names_itself_or_goes_in_a_circle_is_kept_at_the_end() {
        let rows = vec![event(1, 1, Some(&[2])), event(2, 1, Some(&[1])), event(3, 9, Some(&[3])), event(4, 1, Some(&[77]))];
        assert_eq!(hashes(rows), [4, 3, 1, 2]);
    }
}
