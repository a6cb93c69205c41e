//! The laws of the store: the way in which the same records come in leaves no trace.

use crate::made::{self, Mapper, audit, canonical, fact_of, facts, healthy, import, log_of, refund, said, workspace};
use proptest::prelude::*;
use retake_model::{Decision, Fact, FactRank, Role};
use retake_store::{Cancel, Counters};

/// Spans of some traces, content in log records, audit events, a second and better record of some spans.
fn corpus() -> Vec<Fact> {
    let mut all = Vec::new();
    for n in 1..6 {
        let mut spans =
            refund(n, if n % 2 == 0 { "acme" } else { "globex" }, &format!("Question {n}, how long?"), "Thirty days.");
        for span in &mut spans {
            span.conversation = Some(format!("c-{}", n / 3));
        }
        all.extend(facts(&spans));
        let mut better = fact_of(&spans[0]);
        let mut told = spans[0].clone();
        told.output_value =
            Some(format!("A fuller answer {n}, as the body itself has it, word for word and to its end."));
        let other = fact_of(&told);
        better.rank = FactRank::VerbatimBody;
        (better.content_hash, better.mapped, better.body) = (other.content_hash, other.mapped, other.body);
        all.push(better);
        let mut bare = spans[4].clone();
        bare.span_id = Some(made::span_id(n, 9));
        (bare.input, bare.output) = (None, None);
        all.push(fact_of(&bare));
        all.push(log_of(&bare, vec![said(Role::User, "from a log record")], vec![said(Role::Assistant, "so it is")]));
        // Of this call no span ever comes.
        let mut lone = bare.clone();
        lone.span_id = Some(made::span_id(n, 11));
        all.push(log_of(&lone, vec![said(Role::User, "by a log alone")], vec![said(Role::Assistant, "it is")]));
        all.push(audit(&format!("ev-{n}"), Some(n), "u-1", "tool.invoke", Decision::Allowed));
    }
    all
}

fn shuffled(facts: &[Fact], order: &[usize]) -> Vec<Fact> {
    let mut keyed: Vec<(usize, &Fact)> =
        facts.iter().enumerate().map(|(at, fact)| (order[at % order.len()], fact)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, fact)| fact.clone()).collect()
}

fn sum(all: &[Counters]) -> Counters {
    let mut total = Counters::default();
    for one in all {
        total.traces += one.traces;
        total.spans += one.spans;
        total.messages += one.messages;
        total.tool_calls += one.tool_calls;
        total.documents += one.documents;
        total.audit_events += one.audit_events;
        total.scores += one.scores;
        total.log_records += one.log_records;
        total.duplicates += one.duplicates;
    }
    total
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_records_does_not_matter(order in proptest::collection::vec(0_usize..1000, 60), slice in 1_usize..40, cut in 1_usize..50) {
        let corpus = corpus();
        let straight = workspace();
        let (_, whole) = import(&straight.workspace, corpus.clone(), 1000);
        let mixed = workspace();
        let mixed_facts = shuffled(&corpus, &order);
        let mut counted = Vec::new();
        for part in mixed_facts.chunks(cut) {
            counted.push(import(&mixed.workspace, part.to_vec(), slice).1);
        }
        prop_assert_eq!(canonical(&mixed.workspace), canonical(&straight.workspace));
        prop_assert_eq!(sum(&counted), sum(&[whole]));
        healthy(&mixed.workspace);
    }

    #[test]
    fn an_undo_takes_back_exactly_its_batch(order in proptest::collection::vec(0_usize..1000, 60), cut in 1_usize..44, shared in 0_usize..20) {
        let corpus = shuffled(&corpus(), &order);
        let (x, y) = corpus.split_at(cut);
        let mut y = y.to_vec();
        y.extend(x.iter().take(shared).cloned());
        let both = workspace();
        import(&both.workspace, x.to_vec(), 7);
        let (batch_id, _) = import(&both.workspace, y, 7);
        both.workspace.undo_batch(&batch_id, &Mapper, &Cancel::default()).unwrap();
        let alone = workspace();
        import(&alone.workspace, x.to_vec(), 50);
        prop_assert_eq!(canonical(&both.workspace), canonical(&alone.workspace));
        healthy(&both.workspace);
    }
}

#[test]
fn a_second_import_adds_nothing() {
    let made = workspace();
    let corpus = corpus();
    let n = corpus.len() as u64;
    import(&made.workspace, corpus.clone(), 9);
    let before = canonical(&made.workspace);
    let (_, again) = import(&made.workspace, corpus, 1000);
    assert_eq!(again, Counters { duplicates: n, ..Counters::default() });
    assert_eq!(canonical(&made.workspace), before);
    healthy(&made.workspace);
}
