//! Names: what a person goes by, as others see it.

use std::net::Ipv4Addr;

use icu_normalizer::ComposingNormalizer;
use icu_properties::CodePointSetData;
use icu_properties::props::BidiControl;

use crate::text;

/// The most characters of a name.
const MAX_CHARS: usize = 80;

/// Reads a name as typed: composed, with one space between words and nothing invisible; or says what is wrong with it.
pub fn parse_name(typed: &str) -> Result<String, String> {
    let refuse = |reason: &str| Err(reason.to_owned());
    let trimmed =
        typed.trim_matches(|letter: char| letter.is_whitespace() || is_hidden(letter) && !overrides_direction(letter));
    if trimmed.chars().any(|letter| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')) {
        return refuse("Please leave out line breaks and other control characters.");
    }
    if trimmed.chars().any(overrides_direction) {
        return refuse("Please leave out characters that change the direction of the text.");
    }
    let shown: String = trimmed.chars().filter(|letter| !is_hidden(*letter) || is_joiner(*letter)).collect();
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
    text::is_invisible(letter) || CodePointSetData::new::<BidiControl>().contains(letter)
}

/// Whether a character overrides the direction of the text after it, which can make a name read as another.
fn overrides_direction(letter: char) -> bool {
    let is_mark = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}');
    CodePointSetData::new::<BidiControl>().contains(letter) && !is_mark
}

/// Whether a hidden character is part of how a script is written: Persian and Indic names need these two.
fn is_joiner(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}')
}

/// Whether mail programs would make a link of a part of the text.
fn holds_web_address(name: &str) -> bool {
    let plain = text::fold(name).replace('\u{3002}', ".");
    let as_typed = ComposingNormalizer::new_nfkc().normalize(name).replace('\u{3002}', ".");
    let is_part_of_domain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-');
    plain.contains("://")
        || plain.split_whitespace().any(is_web_address)
        || as_typed.split(|letter: char| !is_part_of_domain(letter)).any(is_known_domain)
}

fn is_web_address(word: &str) -> bool {
    let has_www = word.match_indices("www.").any(|(place, _)| {
        !word[..place].ends_with(char::is_alphanumeric) && word[place + 4..].starts_with(char::is_alphanumeric)
    });
    let before_paths = word.rsplit_once('/').map(|(before, _path)| before.split('/'));
    has_www || before_paths.is_some_and(|mut parts| parts.any(is_host))
}

/// Whether a text ends in a host, such as `example.org`, `example.org:80` or `203.0.113.4`.
fn is_host(text: &str) -> bool {
    let host = text.split_once(':').map_or(text, |(host, _port)| host);
    let host = host.rsplit(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '-'))).next();
    let Some((name, last)) = host.and_then(|host| host.rsplit_once('.')) else { return false };
    let is_top = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--");
    is_top && name.ends_with(char::is_alphanumeric) || host.is_some_and(|host| host.parse::<Ipv4Addr>().is_ok())
}

/// Whether a text alone is a domain that mail programs know: a full stop without a space after it, as in `St.John`, makes
/// none.
fn is_known_domain(text: &str) -> bool {
    let Some((name, last)) = text.trim_matches(['.', '-']).rsplit_once('.') else { return false };
    let longest = name.split('.').map(|label| label.chars().count()).max().unwrap_or_default();
    let is_country = last.chars().count() == 2 && last.chars().all(char::is_lowercase) && longest > 2;
    let is_known = longest > 1 && KNOWN_DOMAINS.contains(&&*last.to_lowercase());
    is_country || is_known || last.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
}

/// Domains beside those of countries that are often met in mails nobody asked for.
const KNOWN_DOMAINS: [&str; 28] = [
    "app", "biz", "buzz", "click", "club", "com", "dev", "example", "fun", "icu", "info", "link", "live", "monster",
    "net", "online", "org", "page", "shop", "site", "space", "store", "tech", "top", "vip", "website", "win", "xyz",
];

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
            "J.de Vries",
            "Ph.D. Maria",
            "Md.Ali",
            "Dr.med. Dipl.-Ing.Ude",
            "\u{c5e}i\u{307}rin",
            "Ada \u{1f469}\u{200d}\u{1f4bb}",
        ] {
            assert_eq!(parse_name(name), Ok(ComposingNormalizer::new_nfc().normalize(name).into_owned()));
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
            "//evil.host/win",
            "win/evil.host/now",
            "203.0.113.4/win",
            "evil.xn--p1ai/win",
            "Win at evil.com",
            "EVIL.COM!",
            "evil.co.uk",
            "bit.ly",
            "evil\u{ff0e}org",
            "evil.com?win=1",
            "evil.org#win",
            "evil.net:8080",
            "http:evil.com",
            "ada@evil.com",
            "\u{437}\u{43b}\u{43e}.\u{440}\u{444}",
            "evil.xn--p1ai",
        ] {
            assert!(parse_name(name).unwrap_err().contains("without a web address"), "{name}");
        }
    }
}
