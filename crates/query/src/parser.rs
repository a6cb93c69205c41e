//! Parser: recursive descent over characters. Every error has the place of the offending part and what would fit.

use crate::ast::{Compare, Expr, FieldTerm, Form, Pattern, Query, Term, Test, Words};
use crate::error::{Place, QueryError};
use crate::field::{FIELDS, Field, Takes};
use crate::lexer::{ends_word, field_end, read_quoted};
use crate::{quantity, time};
use retake_model::Code;

/// Parentheses and negations may be nested so deep.
const DEEPEST: usize = 64;

/// What a text's meaning depends on besides the text.
#[derive(Debug, Clone)]
pub struct ParseContext {
    /// Zone of days and times without an offset: UTC on the command line, the user's in the window.
    pub zone: jiff::tz::TimeZone,
    /// Now, for `today` and `7d`.
    pub now_ns: i64,
}

/// Reads a query. The empty text, `""` and `*` match everything.
pub fn parse(text: &str, context: &ParseContext) -> Result<Query, QueryError> {
    let chars: Vec<char> = text.chars().collect();
    let mut parser = Parser { chars: &chars, at: 0, depth: 0, context };
    parser.blank();
    if parser.at == chars.len() {
        return Ok(Query::all());
    }
    let expr = parser.alternatives()?;
    if parser.at < chars.len() {
        return Err(syntax(
            parser.at,
            parser.at + 1,
            "there is a ) without a (",
            "Remove it, or write the ( that it closes.",
        ));
    }
    Ok(Query { expr })
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
    depth: usize,
    context: &'a ParseContext,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// The run that begins here.
    fn run(&self) -> &[char] {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|c| ends_word(*c)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = self.run().iter().copied().eq(word.chars());
        if found {
            self.at += word.chars().count();
            self.blank();
        }
        found
    }

    fn alternatives(&mut self) -> Result<Expr, QueryError> {
        let mut members = vec![self.conjunction()?];
        loop {
            let start = self.at;
            if !self.keyword("OR") {
                break;
            }
            if self.peek().is_none_or(|c| c == ')') {
                return Err(syntax(
                    start,
                    start + 2,
                    "nothing stands after OR",
                    "Write what may hold instead, as in a OR b.",
                ));
            }
            members.push(self.conjunction()?);
        }
        Ok(Expr::or(members))
    }

    fn conjunction(&mut self) -> Result<Expr, QueryError> {
        let start = self.at;
        let mut members = Vec::new();
        loop {
            self.blank();
            if self.peek().is_none_or(|c| c == ')') {
                break;
            }
            let here = self.at;
            if self.run() == ['O', 'R'] {
                if members.is_empty() {
                    return Err(syntax(
                        here,
                        here + 2,
                        "nothing stands before OR",
                        "Write what may hold instead, as in a OR b, or quote the word.",
                    ));
                }
                break;
            }
            if self.keyword("AND") {
                if members.is_empty() || self.peek().is_none_or(|c| c == ')') {
                    return Err(syntax(
                        here,
                        here + 3,
                        "AND stands between two terms",
                        "Leave it out: terms side by side have to hold all, or quote the word.",
                    ));
                }
                continue;
            }
            members.push(self.unary()?);
        }
        if members.is_empty() {
            return Err(syntax(
                start,
                (start + 1).min(self.chars.len()),
                "there is nothing inside the parentheses",
                "Write a term between them.",
            ));
        }
        Ok(Expr::and(members))
    }

    fn unary(&mut self) -> Result<Expr, QueryError> {
        let start = self.at;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(syntax(start, start + 1, "the query is nested too deep", "Write it with fewer parentheses."));
        }
        let negated = if self.peek() == Some('-') {
            self.at += 1;
            true
        } else {
            self.keyword("NOT")
        };
        let expr = if negated {
            if self.peek().is_none_or(|c| c.is_whitespace() || c == ')') {
                return Err(syntax(
                    start,
                    start + 1,
                    "nothing stands after the negation",
                    "Write the term right behind it, as in -status:error, or quote it.",
                ));
            }
            Expr::Not(Box::new(self.unary()?))
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Expr, QueryError> {
        let start = self.at;
        match self.peek() {
            Some('(') => self.group(start),
            Some('"') => self.phrase(),
            _ => {
                let run: Vec<char> = self.run().to_vec();
                let after = self.chars.get(start + run.len());
                if run == ['s', 'p', 'a', 'n'] && after == Some(&'(') {
                    self.at += run.len();
                    let inner = self.group(start)?;
                    return Ok(Expr::Term(Term::Span(Box::new(inner))));
                }
                match field_end(&run) {
                    Some(colon) => self.field(&run, colon),
                    None => self.word(&run),
                }
            }
        }
    }

    fn group(&mut self, start: usize) -> Result<Expr, QueryError> {
        self.at += 1;
        self.blank();
        let inner = self.alternatives()?;
        self.blank();
        if self.peek() != Some(')') {
            return Err(syntax(
                start,
                self.chars.len(),
                "a ( is not closed",
                "Write the ) that closes it, or quote the text.",
            ));
        }
        self.at += 1;
        Ok(inner)
    }

    fn phrase(&mut self) -> Result<Expr, QueryError> {
        let text = self.quoted()?;
        let star = self.star();
        if text.trim().is_empty() {
            return Ok(Expr::All);
        }
        let form = if star { Form::Prefix } else { Form::Phrase };
        Ok(Expr::Term(Term::Words(Words { text, form })))
    }

    fn quoted(&mut self) -> Result<String, QueryError> {
        match read_quoted(self.chars, self.at) {
            Some((text, end)) => {
                self.at = end;
                Ok(text)
            }
            None => Err(syntax(
                self.at,
                self.chars.len(),
                "a quote is not closed",
                "Write the closing quote; inside quotes, \\\" is a quote.",
            )),
        }
    }

    fn star(&mut self) -> bool {
        let star = self.peek() == Some('*');
        if star {
            self.at += 1;
        }
        star
    }

    fn word(&mut self, run: &[char]) -> Result<Expr, QueryError> {
        let start = self.at;
        self.at += run.len();
        let text: String = run.iter().collect();
        if text.chars().all(|c| c == '*') {
            return Ok(Expr::All);
        }
        let (text, form) = match text.strip_suffix('*') {
            Some(prefix) => (prefix.to_owned(), Form::Prefix),
            None => (text, Form::Word),
        };
        if let Some(at) = text.chars().position(|c| c == '*') {
            return Err(syntax(
                start + at,
                start + at + 1,
                "a star stands at the end of a word",
                "Write the beginning of the word and a star, as in refund*.",
            ));
        }
        Ok(Expr::Term(Term::Words(Words { text, form })))
    }

    fn field(&mut self, run: &[char], colon: usize) -> Result<Expr, QueryError> {
        let start = self.at;
        let written: String = run.get(..colon).unwrap_or_default().iter().collect();
        let (field, name) = field_named(&written, start)?;
        self.at += colon + 1;
        let value_start = self.at;
        let (text, is_quoted) = if self.peek() == Some('"') {
            let mut text = self.quoted()?;
            let star = self.star();
            if star {
                text.push('*');
            }
            let pattern =
                if star { vec![text.trim_end_matches('*').to_owned(), String::new()] } else { vec![text.clone()] };
            (text, Some(Pattern { pieces: pattern }))
        } else {
            let value: Vec<char> = self.run().to_vec();
            self.at += value.len();
            (value.into_iter().collect::<String>(), None)
        };
        let bad = |message: String, hint: String| QueryError {
            code: Code::QueryBadValue,
            span: Place { start: if text.is_empty() { start } else { value_start }, end: self.at },
            message,
            hint,
        };
        if text.is_empty() && is_quoted.is_none() {
            return Err(bad(format!("{written}: needs a value"), fits(field)));
        }
        let test = test_of(field, &text, is_quoted, self.context).map_err(|message| bad(message, fits(field)))?;
        Ok(Expr::Term(Term::Field(FieldTerm { field, name, test })))
    }
}

fn field_named(written: &str, start: usize) -> Result<(Field, Option<String>), QueryError> {
    let lower = written.to_lowercase();
    if let Some(name) = lower.strip_prefix("score.").filter(|name| !name.is_empty()) {
        let own: String = written.chars().skip(written.chars().count() - name.chars().count()).collect();
        return Ok((Field::Score, Some(own)));
    }
    let span = Place { start, end: start + written.chars().count() };
    match Field::parse(&lower) {
        Some(Field::Score) => Err(QueryError {
            code: Code::QueryUnknownField,
            span,
            message: "a score has a name".to_owned(),
            hint: "Write score.NAME, as in score.thumbs:<0.".to_owned(),
        }),
        Some(field) => Ok((field, None)),
        None => {
            let nearest = FIELDS.iter().map(|info| (distance(&lower, info.name), info.name)).min();
            let all: Vec<&str> =
                FIELDS.iter().map(|info| if info.field == Field::Score { "score.NAME" } else { info.name }).collect();
            let all = all.join(", ");
            let hint = match nearest {
                Some((far, name)) if far <= 2.max(lower.len() / 3) => {
                    format!("Did you mean {name}? Fields are {all}. Quote the words if no field is meant.")
                }
                _ => format!("Fields are {all}. Quote the words if no field is meant."),
            };
            Err(QueryError {
                code: Code::QueryUnknownField,
                span,
                message: format!("there is no field {written:?}"),
                hint,
            })
        }
    }
}

fn test_of(field: Field, text: &str, quoted: Option<Pattern>, context: &ParseContext) -> Result<Test, String> {
    let takes = field.info().takes;
    match takes {
        Takes::Text => match quoted {
            Some(pattern) => Ok(Test::Text(pattern)),
            None if text.starts_with(['<', '>', '=']) => Err(format!("{} is a text and has no order", field.name())),
            None => Ok(Test::Text(pattern(text))),
        },
        Takes::Words(words) => {
            let pattern = quoted.unwrap_or_else(|| pattern(&known_word(field, text)));
            if words.iter().any(|word| pattern.matches(word)) {
                return Ok(Test::Text(pattern));
            }
            let nearest = words.iter().map(|word| (distance(&text.to_lowercase(), word), word)).min();
            Err(match nearest {
                Some((far, word)) if far <= 2 => format!("{}: takes no {text:?}; did you mean {word}?", field.name()),
                _ => format!("{}: takes no {text:?}", field.name()),
            })
        }
        Takes::Duration | Takes::Money | Takes::Count => {
            if text == "*" {
                return Ok(Test::QuantityRange(None, None));
            }
            let read = |text: &str| quantity::parse(text, takes);
            if let Some((from, to)) = text.split_once("..") {
                let end = |text: &str| if text.is_empty() { Ok(None) } else { read(text).map(Some) };
                let (from, to) = (end(from)?, end(to)?);
                return match (from, to) {
                    (None, None) => Err("the range has no ends".to_owned()),
                    (Some(from), Some(to)) if from > to => Err("the range ends before it begins".to_owned()),
                    ends => Ok(Test::QuantityRange(ends.0, ends.1)),
                };
            }
            let (compare, rest) = comparison(text);
            Ok(Test::Quantity(compare, read(rest)?))
        }
        Takes::Score => Ok(score(text, quoted)),
        Takes::Time => time::parse(text, context).map(|(from, to)| Test::Time(from, to)),
    }
}

/// Words of the vocabularies for the same kind.
fn known_word(field: Field, text: &str) -> String {
    let lower = text.to_lowercase();
    match (field, lower.as_str()) {
        (Field::Kind, "retrieval") => "retriever".to_owned(),
        (Field::Kind, "rerank") => "reranker".to_owned(),
        (Field::Kind, "embeddings") => "embedding".to_owned(),
        (Field::Kind, "chat" | "generation") => "llm".to_owned(),
        _ => lower,
    }
}

fn score(text: &str, quoted: Option<Pattern>) -> Test {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    if let Some(pattern) = quoted {
        return Test::Text(pattern);
    }
    if text == "*" {
        return Test::NumberRange(None, None);
    }
    if let Some((from, to)) = text.split_once("..") {
        let (a, b) = (number(from), number(to));
        if (a.is_some() || from.is_empty()) && (b.is_some() || to.is_empty()) && (a.is_some() || b.is_some()) {
            return Test::NumberRange(a, b);
        }
    }
    let (compare, rest) = comparison(text);
    match number(rest) {
        Some(value) => Test::Number(compare, value),
        None => Test::Text(pattern(text)),
    }
}

fn comparison(text: &str) -> (Compare, &str) {
    let all = [
        (">=", Compare::GreaterEqual),
        ("<=", Compare::LessEqual),
        (">", Compare::Greater),
        ("<", Compare::Less),
        ("=", Compare::Equal),
    ];
    for (sign, compare) in all {
        if let Some(rest) = text.strip_prefix(sign) {
            return (compare, rest);
        }
    }
    (Compare::Equal, text)
}

fn pattern(text: &str) -> Pattern {
    Pattern { pieces: text.split('*').map(str::to_owned).collect() }
}

fn fits(field: Field) -> String {
    match field.info().takes {
        Takes::Text => format!("Write {}:VALUE; * stands for any characters; quote a value with spaces.", field.name()),
        Takes::Words(words) => format!("Use one of: {}.", words.join(", ")),
        Takes::Score => "Write score.NAME:<0, score.NAME:0..1 or score.NAME:label.".to_owned(),
        Takes::Time => time::FITS.to_owned(),
        takes => quantity::fits(takes).to_owned(),
    }
}

fn syntax(start: usize, end: usize, message: &str, hint: &str) -> QueryError {
    QueryError {
        code: Code::QuerySyntax,
        span: Place { start, end: end.max(start) },
        message: message.to_owned(),
        hint: hint.to_owned(),
    }
}

/// Edit distance.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut corner = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, y) in b.iter().enumerate() {
            let (left, above) = (row.get(j).copied().unwrap_or(0), row.get(j + 1).copied().unwrap_or(0));
            let best = (corner + usize::from(x != *y)).min(left + 1).min(above + 1);
            corner = above;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = best;
            }
        }
    }
    row.last().copied().unwrap_or(0)
}
