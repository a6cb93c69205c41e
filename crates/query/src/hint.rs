//! What a query may have been meant to say. `tenant=acme` is searched as words, as `order_id=AB-123` is; where the left
//! part is the name of a field, a question is in place.

use crate::ast::{Form, Query, Term, Words};
use crate::field::{Field, Takes};

/// One sentence for each word that looks like a condition on a field, in the order of the query.
pub fn hints(query: &Query) -> Vec<String> {
    let mut hints = Vec::new();
    query.expr.for_each_term(&mut |term| {
        let Term::Words(words) = term else { return };
        if let Some(meant) = meant(words) {
            let hint = format!("{} is searched as words; did you mean {meant}?", words.text);
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
    });
    hints
}

/// The condition that bare words look like.
fn meant(words: &Words) -> Option<String> {
    let star = match words.form {
        Form::Word => "",
        Form::Prefix => "*",
        Form::Phrase => return None,
    };
    let at = words.text.find(['=', '<', '>'])?;
    let (name, rest) = words.text.split_at(at);
    let field = match name.strip_prefix("score.") {
        Some(own) => Some(Field::Score).filter(|_| !own.is_empty()),
        None => Field::parse(name).filter(|field| *field != Field::Score),
    }?;
    // `=` and `==` are what stands without a sign in the language; an order is only had by what can be compared.
    let value = rest.trim_start_matches('=');
    if value.starts_with(['<', '>']) && matches!(field.info().takes, Takes::Text | Takes::Words(_)) {
        return None;
    }
    let value = if value.is_empty() { "…" } else { value };
    Some(format!("{name}:{value}{star}"))
}
