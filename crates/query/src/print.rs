//! Printer: parsing what it prints gives the same query.

use crate::ast::{Expr, FieldTerm, Form, Pattern, Query, Term, Test, Words};
use crate::lexer::{is_bare_value, is_bare_word, quoted};
use crate::{quantity, time};

/// The query as text, such that parsing it gives the same query. The empty query is the empty text.
pub fn print(query: &Query) -> String {
    match &query.expr {
        Expr::All => String::new(),
        expr => expression(expr, false),
    }
}

/// `tight` asks for parentheses around what binds looser than a term.
fn expression(expr: &Expr, tight: bool) -> String {
    match expr {
        Expr::All => "*".to_owned(),
        Expr::And(members) => {
            let text = join(members, " ", |member| matches!(member, Expr::Or(_) | Expr::And(_)));
            if tight { format!("({text})") } else { text }
        }
        Expr::Or(members) => {
            let text = join(members, " OR ", |member| matches!(member, Expr::Or(_)));
            if tight { format!("({text})") } else { text }
        }
        Expr::Not(member) => format!("-{}", expression(member, true)),
        Expr::Term(term) => term_text(term),
    }
}

fn join(members: &[Expr], between: &str, loose: impl Fn(&Expr) -> bool) -> String {
    let texts: Vec<String> = members.iter().map(|member| expression(member, loose(member))).collect();
    texts.join(between)
}

fn term_text(term: &Term) -> String {
    match term {
        Term::Words(words) => words_text(words),
        Term::Field(field) => field_text(field),
        Term::Span(inner) => format!("span({})", expression(inner, false)),
    }
}

fn words_text(words: &Words) -> String {
    match words.form {
        Form::Word if is_bare_word(&words.text) => words.text.clone(),
        Form::Word | Form::Phrase => quoted(&words.text),
        Form::Prefix if is_bare_word(&words.text) => format!("{}*", words.text),
        Form::Prefix => format!("{}*", quoted(&words.text)),
    }
}

fn field_text(term: &FieldTerm) -> String {
    let info = term.field.info();
    let name = match &term.name {
        Some(name) => format!("{}.{name}", info.name),
        None => info.name.to_owned(),
    };
    let value = match &term.test {
        Test::Text(pattern) => pattern_text(pattern),
        Test::Quantity(compare, value) => format!("{}{}", compare.as_str(), quantity::print(*value, info.takes)),
        Test::QuantityRange(from, to) => {
            range(from.map(|n| quantity::print(n, info.takes)), to.map(|n| quantity::print(n, info.takes)))
        }
        Test::Number(compare, value) => format!("{}{value}", compare.as_str()),
        Test::NumberRange(from, to) => range(from.map(|n| n.to_string()), to.map(|n| n.to_string())),
        Test::Time(from, to) => time::print((*from, *to)),
    };
    format!("{name}:{value}")
}

fn range(from: Option<String>, to: Option<String>) -> String {
    match (from, to) {
        (None, None) => "*".to_owned(),
        (from, to) => format!("{}..{}", from.unwrap_or_default(), to.unwrap_or_default()),
    }
}

fn pattern_text(pattern: &Pattern) -> String {
    match pattern.pieces.as_slice() {
        [one] if is_bare_value(one) => one.clone(),
        [one] => quoted(one),
        pieces
            if pieces.iter().enumerate().all(|(at, piece)| {
                piece.is_empty() || is_bare_value(piece) || (at > 0 && is_bare_value(&format!("x{piece}")))
            }) =>
        {
            pieces.join("*")
        }
        // Only a text with a star behind it can be quoted.
        pieces => format!("{}*", quoted(&pieces.iter().find(|piece| !piece.is_empty()).cloned().unwrap_or_default())),
    }
}
