//! What reviewers decided, by kind of item, why they edited or rejected, and how they answered the criteria.

use crate::analyse::lookup::{Group, Lookup};
use crate::analyse::{Analysis, Axis, Chart, Grid, Ink, Kind, Point, Section, Unit};
use crate::review::{Criterion, Decision, Reading, Reason, Status, Tri};

pub const ANALYSIS: Analysis = Analysis {
    id: "review",
    title: "Review",
    section: Section::Review,
    answers: "How far is review, what was decided, and why?",
    needs: "decisions of reviewers",
    run,
};

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let readings = readings(lookup);
    if readings.is_empty() {
        return ANALYSIS.missing("No decisions yet: review items in the window or with `voxaudit review`.");
    }
    let mut charts = vec![statuses(lookup)];
    charts.extend(reasons(&readings));
    charts.extend(criteria(&readings));
    charts
}

/// Every standing reading with the number of its item, in the order of items.
fn readings<'a>(lookup: &Lookup<'a>) -> Vec<(u32, &'a Reading)> {
    let of = |(item, n): (&'a crate::qa::Item, u32)| {
        lookup.data.review.item(&item.id).into_iter().flat_map(move |r| r.readings.values().map(move |reading| (n, reading)))
    };
    lookup.data.items.iter().zip(0..).flat_map(of).collect()
}

fn statuses(lookup: &Lookup<'_>) -> Chart {
    let (kind, groups) = lookup.kinds();
    let mut rows = vec![Group { name: "all".into(), items: lookup.all() }];
    rows.extend(groups);
    let status = |n: u32| lookup.data.review.status(&lookup.data.items[n as usize].id);
    let point = |group: &Group, wanted: Status| {
        let items: Vec<u32> = group.items.iter().copied().filter(|n| status(*n) == wanted).collect();
        Point { n: group.items.len(), ..Point::count(items) }
    };
    let order = [Status::Accepted, Status::Edited, Status::Rejected, Status::Disputed, Status::Undecided];
    let points = rows.iter().flat_map(|group| order.map(|s| point(group, s))).collect();
    let names = rows.iter().map(|g| g.name.clone());
    let grid = Grid::new(Kind::Stacked, Axis::new(kind, names), Axis::new("status", order.map(Status::name)), Unit::Count, "items", points);
    let inks = vec![Ink::FOR, Ink::CHANGED, Ink::AGAINST, Ink::OPEN, Ink::Muted];
    ANALYSIS.chart(Some(("status", "decisions")), Grid { inks, ..grid }).note("Disputed items have readings that differ.")
}

fn reasons(readings: &[(u32, &Reading)]) -> Option<Chart> {
    let of = |edited: bool, reason: Reason| {
        let mut items: Vec<u32> = readings.iter().filter(|(_, r)| reason_of(r) == Some((edited, reason))).map(|(n, _)| *n).collect();
        items.dedup();
        Point::count(items)
    };
    let used: Vec<Reason> =
        Reason::ALL.into_iter().filter(|r| readings.iter().any(|(_, reading)| reason_of(reading).is_some_and(|of| of.1 == *r))).collect();
    let points = [true, false].into_iter().flat_map(|edited| used.iter().map(move |r| of(edited, *r))).collect();
    let columns = Axis::new("reason", used.iter().map(|r| r.code().replace('-', " ")));
    let grid = Grid::new(Kind::Bars, Axis::new("decision", ["edited", "rejected"]), columns, Unit::Count, "items", points);
    (!used.is_empty()).then(|| {
        let note = "Items by the reason of a reading that stands; an item counts once for each reason that reviewers gave.";
        let inks = vec![Ink::CHANGED, Ink::AGAINST];
        ANALYSIS.chart(Some(("reasons", "reasons for edits and rejections")), Grid { inks, ..grid }).note(note)
    })
}

fn reason_of(reading: &Reading) -> Option<(bool, Reason)> {
    match &reading.decision {
        Decision::Accept { .. } => None,
        Decision::Edit { reason, .. } => Some((true, *reason)),
        Decision::Reject { reason, .. } => Some((false, *reason)),
    }
}

/// How often each criterion was answered with yes, no and cannot tell.
fn criteria(readings: &[(u32, &Reading)]) -> Option<Chart> {
    let answered = |criterion: Criterion| -> Vec<(u32, Tri)> {
        readings.iter().filter_map(|(n, r)| Some((*n, r.decision.criteria().get(criterion)?))).collect()
    };
    let point = |criterion: Criterion, tri: Tri| {
        let all = answered(criterion);
        let said: Vec<u32> = all.iter().filter(|(_, said)| *said == tri).map(|(n, _)| *n).collect();
        let mut items = said.clone();
        items.dedup();
        Point::share(said.len(), all.len(), items)
    };
    let points: Vec<Point> = Criterion::ALL.into_iter().flat_map(|c| Tri::ALL.map(|tri| point(c, tri))).collect();
    let any = points.iter().any(|p| p.n > 0);
    let columns = Axis::new("answer", ["yes", "no", "cannot tell"]);
    let grid =
        Grid::new(Kind::Table, Axis::new("criterion", Criterion::ALL.map(Criterion::label)), columns, Unit::Share, "readings", points);
    any.then(|| {
        let note = "Share of readings in which the criterion was answered; accepting in one key means yes to all four.";
        ANALYSIS.chart(Some(("criteria", "criteria")), grid).note(note)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, why};
    use super::*;
    use crate::analyse::Data;
    use crate::review::{Action, Criteria, Event, ReviewState};

    fn event(n: u8, item: usize, who: &str, decision: Decision) -> Event {
        super::super::tests::event(n, who, item, Action::Decide(decision))
    }

    #[test]
    fn decisions_reasons_and_criteria_are_counted() {
        let yes = Criteria { spatial: Some(Tri::Yes), ..Criteria::default() };
        let accept = |criteria| Decision::Accept { criteria, note: String::new() };
        let reject =
            Decision::Reject { reason: Reason::WrongSide, criteria: Criteria { spatial: Some(Tri::No), ..yes }, note: String::new() };
        let events =
            [event(1, 0, "A", accept(yes)), event(2, 1, "A", reject.clone()), event(3, 2, "A", accept(yes)), event(4, 2, "B", reject)];
        let data = Data {
            items: items(&[("a", "x"), ("b", "x"), ("c", "x"), ("d", "x")]),
            review: ReviewState::from_events(events),
            ..Data::default()
        };
        let charts = run(&Lookup::new(&data));
        let of_status: Vec<Vec<u32>> = grid(&charts[0]).points.iter().map(|p| p.items.clone()).collect();
        assert_eq!(grid(&charts[0]).ink(4), Ink::Muted, "undecided items recede");
        assert_eq!([0, 2].map(|n| grid(&charts[0]).ink(n)), [Ink::FOR, Ink::AGAINST]);
        assert_eq!(of_status, [vec![0], vec![], vec![1], vec![2], vec![3]]);
        let reasons = grid(&charts[1]);
        assert_eq!((reasons.columns.names.clone(), reasons.point(1, 0).items.clone()), (vec!["wrong side".to_owned()], vec![1, 2]));
        let spatial = grid(&charts[2]);
        assert_eq!((spatial.point(0, 0).value, spatial.point(0, 1).value, spatial.point(0, 0).n), (Some(0.5), Some(0.5), 4));
        assert_eq!(spatial.point(1, 0).value, None, "not answered is no share of 0");
    }

    #[test]
    fn no_decisions_are_said() {
        assert!(why(&run(&Lookup::new(&Data::default()))).starts_with("No decisions yet"));
    }
}
