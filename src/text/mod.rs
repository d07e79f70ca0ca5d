//! People's text: compared and searched in one folded form, and checked for having anything visible.
//!
//! Two texts that a reader would call the same fold to the same: composed and decomposed letters, full-width forms,
//! capitals, no-break and repeated spaces, curly quotes, long dashes, digits of every script, and characters without any
//! shape of their own (Unicode's `NFKC_Casefold`, <https://www.unicode.org/reports/tr44/#NFKC_Casefold>, then white space
//! and punctuation). Where a language writes its capitals in a way of its own, as Turkish and Greek do, or leaves marks
//! out, as Arabic and Hebrew do, both ways are the same.

mod words;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

pub use words::count_words;

/// Looks like a space and is a symbol by its category.
const BRAILLE_BLANK: char = '\u{2800}';

/// The form in which people's text is compared and searched; never shown.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return fold_words(&text.to_ascii_lowercase());
    }
    let normalizer = ComposingNormalizer::new_nfkc();
    // Some quotes have a compatibility form that is none, such as the accent that stands for an apostrophe.
    let seen: String = text.chars().filter(|letter| !is_invisible(*letter)).map(plain_quote).collect();
    let folded = CaseMapper::new().fold_string(&normalizer.normalize(&seen)).into_owned();
    fold_words(&normalizer.normalize(&fold_letters(&folded)))
}

/// A folded text with its letters as a plain keyboard types them.
pub fn without_accents(folded: &str) -> String {
    let category = CodePointMapData::<GeneralCategory>::new();
    DecomposingNormalizer::new_nfkd()
        .normalize(folded)
        .chars()
        .filter(|letter| category.get(*letter) != GeneralCategory::NonspacingMark)
        .map(|letter| match letter {
            'ł' => 'l',
            'ø' => 'o',
            'đ' | 'ð' => 'd',
            'ħ' => 'h',
            'ı' => 'i',
            'ŧ' => 't',
            other => other,
        })
        .collect()
}

/// Letters in lower case as every keyboard and every language's capitals give them.
fn fold_letters(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        let plain = match letter {
            '\u{131}' => 'i',
            // The dot of a Turkish capital.
            '\u{307}' if folded.ends_with('i') => continue,
            // Greek capitals have no accents.
            '\u{3ac}' => '\u{3b1}',
            '\u{3ad}' => '\u{3b5}',
            '\u{3ae}' => '\u{3b7}',
            '\u{3af}' => '\u{3b9}',
            '\u{3cc}' => '\u{3bf}',
            '\u{3cd}' => '\u{3c5}',
            '\u{3ce}' => '\u{3c9}',
            '\u{301}' if folded.ends_with(['\u{3ca}', '\u{3cb}', '\u{308}']) => continue,
            letter if is_optional_mark(letter) => continue,
            letter => find_digit(letter).unwrap_or(letter),
        };
        folded.push(plain);
    }
    folded
}

/// Vowel marks that Arabic and Hebrew write for learners, and the stroke that makes an Arabic word longer.
fn is_optional_mark(letter: char) -> bool {
    let is_arabic = matches!(letter, '\u{64b}'..='\u{652}' | '\u{670}' | '\u{640}');
    is_arabic || matches!(letter, '\u{5b0}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c7}')
}

/// The digit that a decimal digit of another script stands for: each script has them in a row, from 0 to 9.
fn find_digit(letter: char) -> Option<char> {
    let category = CodePointMapData::<GeneralCategory>::new();
    let is_digit = |code: &u32| category.get32(*code) == GeneralCategory::DecimalNumber;
    let code = u32::from(letter);
    if letter.is_ascii() || !is_digit(&code) {
        return None;
    }
    let before = (0..code).rev().take_while(is_digit).count();
    char::from_digit(u32::try_from(before % 10).ok()?, 10)
}

fn fold_words(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(fold_punctuation).collect();
    words.join(" ")
}

/// Whether a reader would call two texts the same.
pub fn is_same(one: &str, other: &str) -> bool {
    fold(one) == fold(other)
}

/// Whether a character has no shape of its own, such as a zero-width space.
pub fn is_invisible(letter: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter)
}

/// How many characters of a text have a shape of their own: no spaces, marks, controls or invisible characters.
pub fn count_visible(text: &str) -> usize {
    let category = CodePointMapData::<GeneralCategory>::new();
    text.chars()
        .filter(|letter| {
            let has_shape = !matches!(
                category.get(*letter),
                GeneralCategory::Control
                    | GeneralCategory::Format
                    | GeneralCategory::Unassigned
                    | GeneralCategory::PrivateUse
                    | GeneralCategory::NonspacingMark
                    | GeneralCategory::EnclosingMark
            );
            has_shape && !letter.is_whitespace() && !is_invisible(*letter) && *letter != BRAILLE_BLANK
        })
        .count()
}

/// Whether a text has a letter, a digit or a picture, by which a thing can be called.
pub fn has_name(text: &str) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new();
    let is_picture = |letter: char| category.get(letter) == GeneralCategory::OtherSymbol && letter != BRAILLE_BLANK;
    text.chars().any(|letter| letter.is_alphanumeric() || is_picture(letter))
}

/// A text without the white space and the invisible characters around it.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || letter.is_control() || is_invisible(letter))
}

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidText {
    /// It says nothing that can be seen.
    Empty,
    /// It has more characters than there may be.
    TooLong,
}

/// What a person typed, as [`trim`] gives it, if it says something in up to `max_chars` characters.
pub fn require(typed: &str, max_chars: usize) -> Result<&str, InvalidText> {
    let text = trim(typed);
    if count_visible(text) == 0 {
        return Err(InvalidText::Empty);
    }
    if text.chars().count() > max_chars {
        return Err(InvalidText::TooLong);
    }
    Ok(text)
}

/// A password as it is hashed and compared: the `OpaqueString` profile of RFC 8265, section 4.2, which keeps case.
pub fn opaque(password: &str) -> String {
    let spaces: String = password
        .chars()
        .map(|letter| if letter.is_whitespace() && !letter.is_control() { ' ' } else { letter })
        .collect();
    ComposingNormalizer::new_nfc().normalize(&spaces).into_owned()
}

/// Quotes and dashes as a plain keyboard types them. Phones turn two hyphens into one long dash: at the start of a word
/// that is the option of a command, elsewhere a dash, as are several hyphens in a row.
fn fold_punctuation(word: &str) -> String {
    let begun = word.trim_start_matches(is_dash);
    let leading = word.len() - begun.len();
    let is_option = begun.starts_with(char::is_alphanumeric);
    let (dashes, rest) = word.split_at(if is_option { leading } else { 0 });
    let mut folded = match dashes {
        "\u{2013}" | "\u{2014}" | "\u{2015}" => "--".to_owned(),
        dashes => "-".repeat(dashes.chars().count()),
    };
    for letter in rest.chars() {
        if !is_dash(letter) {
            folded.push(plain_quote(letter));
        } else if !folded.ends_with('-') {
            folded.push('-');
        }
    }
    folded
}

fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{2e3a}' | '\u{2e3b}')
}

fn plain_quote(letter: char) -> char {
    match letter {
        letter if APOSTROPHES.contains(&letter) => '\'',
        letter if QUOTES.contains(&letter) => '"',
        letter => letter,
    }
}

/// What keyboards and languages have in the place of an apostrophe.
const APOSTROPHES: [char; 17] = [
    '\u{60}', '\u{b4}', '\u{2b9}', '\u{2bb}', '\u{2bc}', '\u{2bd}', '\u{55a}', '\u{5f3}', '\u{2018}', '\u{2019}',
    '\u{201a}', '\u{201b}', '\u{2032}', '\u{2035}', '\u{2039}', '\u{203a}', '\u{a78c}',
];
/// The same for double quotes.
const QUOTES: [char; 13] = [
    '\u{ab}', '\u{bb}', '\u{5f4}', '\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}', '\u{2033}', '\u{2036}', '\u{300c}',
    '\u{300d}', '\u{300e}', '\u{300f}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_the_same_is_the_same() {
        for (one, other) in [
            ("Zoe\u{301} O\u{2019}Brien", "zo\u{e9} o'brien"),
            ("Ada\u{a0}\u{a0}Lovelace", " Ada Lovelace\n"),
            ("STRASSE", "stra\u{df}e"),
            ("\u{ff33}\u{ff25}\u{ff32}\u{ff36}\u{ff29}\u{ff23}\u{ff25}", "service"),
            ("run\u{200b}book", "runbook"),
            ("\u{feff}runbook\u{200d}", "runbook"),
            ("\u{2014}overwrite", "--overwrite"),
            ("kubectl annotate \u{2013}overwrite", "kubectl annotate --overwrite"),
            ("Anne\u{2013}Marie", "Anne-Marie"),
            ("\u{201c}quoted\u{201d}", "\"quoted\""),
            ("\u{fb01}nd", "find"),
            ("O\u{b4}Brien", "O'Brien"),
            ("Ka\u{2bb}iulani", "Ka'iulani"),
            ("5\u{2033}", "5\""),
            ("kubectl exec pod \u{2014} ls", "kubectl exec pod -- ls"),
            ("a\u{2014}b", "a--b"),
            ("\u{130}PEK", "ipek"),
            ("I\u{15e}IK", "\u{131}\u{15f}\u{131}k"),
            ("\u{3a3}\u{399}\u{3a3}\u{3a5}\u{3a6}\u{39f}\u{3a3}", "\u{3a3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c2}"),
            ("\u{390}", "\u{399}\u{308}"),
            ("\u{645}\u{64f}\u{62d}\u{64e}\u{645}\u{64e}\u{651}\u{62f}", "\u{645}\u{62d}\u{640}\u{645}\u{62f}"),
            ("\u{5e9}\u{5c1}\u{5b8}\u{5dc}\u{5d5}\u{5b9}\u{5dd}", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
            ("\u{665}\u{660}\u{664}", "504"),
            ("\u{6f5}\u{6f0}\u{6f4} \u{96b}\u{966}\u{96a}", "504 504"),
            ("\u{1d7d8}\u{116da}\u{116e3}", "009"),
            ("\u{1f469}\u{200d}\u{1f4bb}\u{fe0f}", "\u{1f469}\u{1f4bb}"),
            (
                "\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3}",
                "\u{3bf}\u{3b4}\u{3c5}\u{3c3}\u{3c3}\u{3b5}\u{3c5}\u{3c2}",
            ),
        ] {
            assert!(is_same(one, other), "{one:?} {other:?}: {:?} {:?}", fold(one), fold(other));
        }
    }

    #[test]
    fn what_reads_differently_stays_different() {
        for (one, other) in [
            ("-overwrite", "--overwrite"),
            ("resume", "r\u{e9}sum\u{e9}"),
            ("a b", "ab"),
            ("\u{3c0}", "p"),
            ("\u{661}", "2"),
        ] {
            assert!(!is_same(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing_more() {
        for text in [
            "\u{2014}overwrite",
            "O\u{2019}Brien",
            "\u{130}stanbul",
            "\u{1e9e}",
            "\u{2a74}",
            "\u{3f4}",
            "\u{a8}a",
            "\u{2d}\u{2014}x",
            "\u{2014}\u{2014}x",
            "a -- b---c",
            "i\u{307}\u{301}",
            "\u{390}\u{3b0}\u{1fd3}",
            "\u{fe76}\u{fb2a}",
        ] {
            assert_eq!(fold(&fold(text)), fold(text), "{text:?}");
        }
    }

    #[test]
    fn only_what_has_a_shape_counts() {
        assert_eq!(count_visible("  \u{200b}\u{2060}\u{3164}\u{2800}\u{202e}\u{e0020}\u{301}\n"), 0);
        assert_eq!(count_visible("Zoe\u{301}"), 3);
        assert_eq!(count_visible("\u{670d}\u{52a1}"), 2);
        assert_eq!(count_visible("\u{915}\u{94d}\u{937}\u{93f}"), 3);
    }

    #[test]
    fn a_name_has_a_letter_a_digit_or_a_picture() {
        for text in ["a", "42", "\u{6e2f}\u{53e3}", "\u{639}", "\u{1f6a2}", "-x-", "\u{e0a}\u{e48}"] {
            assert!(has_name(text), "{text:?}");
        }
        for text in ["", "!?", ".-_", "*/", "\u{301}", "\u{2800}", "\u{fe0f}\u{20e3}", "\u{200b}", "\u{3002}"] {
            assert!(!has_name(text), "{text:?}");
        }
    }

    #[test]
    fn a_trimmed_text_begins_and_ends_with_what_can_be_seen() {
        assert_eq!(trim("\u{feff}\u{200b} a b\u{a0}\n\u{2060}"), "a b");
        assert_eq!(trim("\u{200b} "), "");
    }

    #[test]
    fn a_password_is_the_same_from_every_keyboard() {
        assert_eq!(opaque("caf\u{65}\u{301} \u{3000}x"), "caf\u{e9}  x");
        assert_ne!(opaque("Calm"), opaque("calm"));
    }
}
