//! What the model had been given: every retrieved document, and the text of those that are in doubt.

use super::super::markdown::{cell_code, code, fence, shorten, table};
use super::{Report, date};
use crate::analysis::context::ContextDocument;
use std::fmt::Write as _;

const LONGEST_PASSAGE: usize = 1_200;
const MOST_DOCUMENTS: usize = 60;

impl Report<'_> {
    pub(super) fn documents(&mut self) -> String {
        if self.context.documents.is_empty() {
            return String::new();
        }
        let documents = self.context.documents.clone();
        let rows: Vec<Vec<String>> =
            documents.iter().take(MOST_DOCUMENTS).map(|known| self.document_row(known)).collect();
        let mut out = String::from("## What the model was given\n\n");
        if let Some(query) = self.context.query.clone() {
            let query = self.text(&query);
            let _ = writeln!(out, "Asked of the retriever: {}\n", code(&query));
        }
        if !self.context.prompt_known {
            out.push_str(
                "The messages of the model call were not recorded, so nothing can be said about the prompt.\n\n",
            );
        }
        out.push_str(&table(
            &[
                "Rank",
                "Document",
                "Version",
                "Updated",
                "Tenant",
                "Score",
                "Reranked",
                "In the prompt",
                "Cited",
                "Remarks",
            ],
            &rows,
        ));
        if documents.len() > MOST_DOCUMENTS {
            let _ = writeln!(out, "\n… and {} more.", documents.len() - MOST_DOCUMENTS);
        }
        for known in documents.iter().filter(|known| {
            !known.placed.is_empty() && (known.newer_version.is_some() || known.untrusted || known.foreign)
        }) {
            out.push_str(&self.passage(known));
        }
        out.push_str(&self.dangling());
        out
    }

    fn document_row(&mut self, known: &ContextDocument) -> Vec<String> {
        let document = &known.document;
        let name = document.document_id.clone().or_else(|| document.title.clone()).unwrap_or_default();
        let in_prompt = match (self.context.prompt_known, known.placed.as_slice()) {
            (false, _) => "not known".to_owned(),
            (true, []) => "no".to_owned(),
            (true, places) => {
                let messages: Vec<String> =
                    places.iter().map(|place| format!("message {}", place.message + 1)).collect();
                let cut = if known.truncated { ", cut" } else { "" };
                format!("{}{cut}", messages.join(", "))
            }
        };
        let mut remarks = Vec::new();
        if let Some(newer) = &known.newer_version {
            remarks.push(format!("**outdated**, newest is {}", cell_code(&self.text(newer))));
        }
        if known.foreign {
            remarks.push("**of another tenant**".to_owned());
        }
        if known.untrusted {
            remarks.push("written by users".to_owned());
        }
        if known.reranker_input && known.rerank.is_none() {
            remarks.push("dropped by the reranker".to_owned());
        }
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
        vec![
            document.rank.to_string(),
            cell_code(&self.text(&name)),
            or_dash(document.version.as_deref().map(|text| cell_code(&self.text(text)))),
            or_dash(document.updated_ns.map(date)),
            or_dash(document.tenant.as_deref().map(|text| cell_code(&self.text(text)))),
            or_dash(document.score.map(|score| format!("{score:.3}"))),
            or_dash(known.rerank.map(|rank| {
                format!("{rank}{}", known.rerank_score.map(|score| format!(" ({score:.3})")).unwrap_or_default())
            })),
            in_prompt,
            if known.cited { "yes" } else { "no" }.to_owned(),
            if remarks.is_empty() { "—".to_owned() } else { remarks.join("; ") },
        ]
    }

    fn passage(&mut self, known: &ContextDocument) -> String {
        let document = &known.document;
        let name = document.document_id.as_deref().or(document.title.as_deref()).unwrap_or("a document");
        let version = document
            .version
            .as_deref()
            .map(|version| format!(", version {}", code(&self.text(version))))
            .unwrap_or_default();
        let mut out = format!("\n{}{version}, as it stood in the prompt:\n\n", code(&self.text(name)));
        match &document.content {
            _ if known.foreign => {
                out = format!(
                    "\n{}{version}: the text belongs to another tenant and is left out.\n",
                    code(&self.text(name))
                )
            }
            Some(content) => {
                let content = shorten(&self.text(content), LONGEST_PASSAGE);
                out.push_str(&fence(&content));
            }
            None => out = format!("\n{}{version}: the text was not recorded.\n", code(&self.text(name))),
        }
        out
    }

    /// Citations of the answer that lead to no document of the prompt, when the policy says how answers cite.
    fn dangling(&mut self) -> String {
        let policy = self.input.evidence.policy();
        let (Some(form), Some(answer)) = (policy.citations.form.as_deref(), self.input.evidence.answer()) else {
            return String::new();
        };
        let Some((before, after)) =
            form.split_once("ID").filter(|(before, after)| !before.is_empty() && !after.is_empty())
        else {
            return String::new();
        };
        let mut dangling: Vec<String> = Vec::new();
        for piece in answer.split(before).skip(1) {
            let Some((id, _)) = piece.split_once(after) else { continue };
            let plausible = !id.is_empty() && id.len() <= 80 && !id.contains(char::is_whitespace);
            let documents = &self.context.documents;
            let found = documents.iter().any(|known| {
                known.document.document_id.as_deref() == Some(id)
                    && !(policy.citations.must_be_placed && self.context.prompt_known && known.placed.is_empty())
            });
            if plausible && !found && !dangling.iter().any(|known| known == id) {
                dangling.push(id.to_owned());
            }
        }
        if dangling.is_empty() {
            return String::new();
        }
        let ids: Vec<String> = dangling.iter().map(|id| code(&self.text(id))).collect();
        format!("\nThe answer cites {}, which the prompt did not hold.\n", ids.join(", "))
    }
}
