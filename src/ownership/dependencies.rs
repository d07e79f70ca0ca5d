//! What a Service says that it depends on.

use super::notes::Notes;
use crate::cluster::{MAX_DNS_LABEL, is_dns_label};
use crate::text::fold;

/// How many names are read of one value.
const MAX_NAMES: usize = 50;
/// From how many words on a value without commas may be a sentence.
const MIN_SENTENCE_WORDS: usize = 3;

/// What the value of `a8r.io/dependencies` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dependencies {
    /// Nothing.
    Unsaid,
    /// That there are none.
    None,
    /// The names of Services, each once.
    Names {
        /// The names in the order in which they stand.
        names: Vec<String>,
        /// Whether the words could be a sentence: nothing but blanks separates them.
        may_be_text: bool,
    },
    /// Text for people.
    Text(String),
}

impl Dependencies {
    /// Reads those of a Service.
    pub fn of(notes: &Notes) -> Self {
        notes.find("dependencies").map_or(Self::Unsaid, Self::parse)
    }

    /// Reads the value of `a8r.io/dependencies`.
    pub fn parse(text: &str) -> Self {
        if fold(text).trim_end_matches('.') == "none" {
            return Self::None;
        }
        let is_separator = |letter: char| letter.is_whitespace() || letter == ',' || letter == ';';
        let words: Vec<&str> = text.split(is_separator).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Self::Unsaid;
        }
        if words.len() > MAX_NAMES || !words.iter().all(|word| is_dns_label(word, MAX_DNS_LABEL)) {
            return Self::Text(text.to_owned());
        }
        let mut names: Vec<String> = Vec::new();
        for word in &words {
            if !names.iter().any(|name| name == word) {
                names.push((*word).to_owned());
            }
        }
        let may_be_text = words.len() >= MIN_SENTENCE_WORDS && !text.contains([',', ';']);
        Self::Names { names, may_be_text }
    }

    /// The names of Services that it gives.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Names { names, .. } => names,
            Self::Unsaid | Self::None | Self::Text(_) => &[],
        }
    }

    /// The names that it gives in a namespace with the Services `known`. Words without commas of which none is a Service are a
    /// sentence.
    pub fn names_among(&self, known: &[&str]) -> &[String] {
        match self {
            Self::Names { names, may_be_text: true } if !names.iter().any(|name| known.contains(&name.as_str())) => &[],
            _ => self.names(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        Dependencies::parse(text).names().to_vec()
    }

    #[test]
    fn names_are_separated_by_commas_or_blanks_and_read_once() {
        for text in ["quote, auth", "quote auth", "quote,auth,", " quote ;\tauth\nquote"] {
            assert_eq!(names(text), ["quote", "auth"], "{text}");
        }
    }

    #[test]
    fn what_is_no_list_of_names_stays_text() {
        for text in ["The quote service.", "quote (JSON)", "Quote", "quote.example", "-quote", &"quote,a ".repeat(40)] {
            assert_eq!(Dependencies::parse(text), Dependencies::Text(text.to_owned()), "{text}");
        }
        assert_eq!(Dependencies::parse(" , "), Dependencies::Unsaid);
        for text in ["none", "None.", " NONE "] {
            assert_eq!(Dependencies::parse(text), Dependencies::None, "{text}");
        }
    }

    #[test]
    fn a_sentence_of_small_letters_is_no_list_where_no_word_of_it_is_a_service() {
        let sentence = Dependencies::parse("asks somebody for quotes");
        assert!(sentence.names_among(&["quote"]).is_empty());
        assert_eq!(sentence.names_among(&["quotes"]).len(), 4);
        assert_eq!(Dependencies::parse("quot, auth, x").names_among(&["quote"]).len(), 3);
    }
}
