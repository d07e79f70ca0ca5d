//! Names: what a person goes by, as others see it.

use icu_normalizer::ComposingNormalizer;
use icu_properties::CodePointSetData;
use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint};

use crate::text;

/// The most characters of a name.
const MAX_CHARS: usize = 80;

/// Reads a name as typed: composed, with one space between words and nothing invisible; or says what is wrong with it.
pub fn parse_name(typed: &str) -> Result<String, String> {
    let refuse = |reason: &str| Err(reason.to_owned());
    let trimmed = typed.trim_matches(|letter: char| letter.is_whitespace() || is_hidden(letter) && !turns(letter));
    if trimmed.chars().any(|letter| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')) {
        return refuse("Please leave out line breaks and other control characters.");
    }
    if trimmed.chars().any(turns) {
        return refuse("Please leave out characters that turn the direction of the text around.");
    }
    let shown: String = trimmed.chars().filter(|letter| !is_hidden(*letter) || joins(*letter)).collect();
    let words: Vec<&str> = shown.split_whitespace().collect();
    let name = ComposingNormalizer::new_nfc().normalize(&words.join(" ")).into_owned();
    if text::count_visible(&name) == 0 {
        return refuse("Please tell us the name you go by.");
    }
    if name.chars().count() > MAX_CHARS {
        return Err(format!("Please shorten the name to {MAX_CHARS} characters."));
    }
    if holds_web_address(&name) {
        return refuse("Please give your name alone, without a web address.");
    }
    Ok(name)
}

/// Whether a character has no shape of its own and says nothing by itself: zero-width spaces, direction marks, tags.
pub(super) fn is_hidden(letter: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter)
        || CodePointSetData::new::<BidiControl>().contains(letter)
}

/// Whether a character turns the text after it around, which can make a name read as another.
fn turns(letter: char) -> bool {
    let is_mark = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}');
    CodePointSetData::new::<BidiControl>().contains(letter) && !is_mark
}

/// Whether a hidden character is part of how a script is written: Persian and Indic names need these two.
fn joins(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}')
}

/// Whether mail programs would make a link of a part of the text.
fn holds_web_address(name: &str) -> bool {
    let plain = text::fold(name).replace('\u{3002}', ".");
    plain.contains("://") || plain.split_whitespace().any(is_web_address)
}

fn is_web_address(word: &str) -> bool {
    let has_www = word.match_indices("www.").any(|(place, _)| {
        !word[..place].ends_with(char::is_alphanumeric) && word[place + 4..].starts_with(char::is_alphanumeric)
    });
    let before_path = word.split_once('/').map(|(host, _path)| host);
    has_www || before_path.is_some_and(is_domain)
}

/// Whether a text ends in a domain, such as `example.org` or `example.org:80`.
fn is_domain(text: &str) -> bool {
    let host = text.split_once(':').map_or(text, |(host, _port)| host);
    let host = host.rsplit(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '-'))).next();
    let Some((name, last)) = host.and_then(|host| host.rsplit_once('.')) else { return false };
    last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) && name.ends_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        assert!(parse_name("Ada\nQuist").is_err());
        assert!(parse_name("Ada\u{2028}Quist").is_err());
        assert!(parse_name(&"a".repeat(81)).is_err());
        assert_eq!(parse_name("Ada Quist").unwrap(), "Ada Quist");
        assert_eq!(parse_name(&"a".repeat(80)).unwrap(), "a".repeat(80));
    }

    #[test]
    fn a_name_is_composed_with_one_space_between_words() {
        assert_eq!(parse_name(" Zoe\u{301} \u{a0} O\u{2019}Brien\u{200b}\n").unwrap(), "Zo\u{e9} O\u{2019}Brien");
        assert_eq!(parse_name("\u{200f}\u{5d3}\u{5d5}\u{5d3}").unwrap(), "\u{5d3}\u{5d5}\u{5d3}");
    }

    #[test]
    fn names_of_every_script_are_names() {
        for name in [
            "Łukasz Żółć",
            "İlker Yılmaz",
            "王小明",
            "Мария Ким-Петрова",
            "J. R. R. Tolkien",
            "Dr. med. Anne St.John",
            "O'Neil / Smith",
            "نی\u{200c}ما",
            "Þór",
            "X",
            "Awww.",
        ] {
            assert_eq!(parse_name(name), Ok(name.to_owned()));
        }
    }

    #[test]
    fn a_name_that_nobody_can_see_is_none() {
        for name in
            ["", " ", "\u{200b}\u{2060}", "\u{3164}", "\u{2800}\u{2800}", "\u{e0041}\u{e0042}", "\u{301}", "\u{200d}"]
        {
            assert!(parse_name(name).unwrap_err().contains("name you go by"), "{name:?}");
        }
    }

    #[test]
    fn a_name_does_not_turn_text_around() {
        for name in ["Ada \u{202e}tsiuQ", "\u{2066}Ada", "Ada\u{2069}"] {
            assert!(parse_name(name).unwrap_err().contains("direction"), "{name:?}");
        }
    }

    #[test]
    fn a_name_is_no_web_address_and_holds_none() {
        for name in [
            "http://evil.example",
            "Hello WIN at HTTPS://evil.example/now",
            "ftp://x",
            "www.evil.example",
            "Prizes (www.evil.example)",
            "Go to evil.example/win",
            "evil.example:8080/win",
            "(evil.example/)",
            "\u{ff57}\u{ff57}\u{ff57}\u{ff0e}evil.example",
            "evil\u{3002}example/win",
            "h\u{200b}ttp://evil.example",
        ] {
            assert!(parse_name(name).unwrap_err().contains("without a web address"), "{name}");
        }
    }
}
