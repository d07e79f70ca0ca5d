//! People's text: compared and searched in one folded form, and told apart from what nobody can see.
//!
//! Two texts that a reader would call the same fold to the same: composed and decomposed letters, full-width forms,
//! capitals, no-break and repeated spaces, curly quotes, long dashes, and characters without any shape of their own
//! (Unicode's `NFKC_Casefold`, <https://www.unicode.org/reports/tr44/#NFKC_Casefold>, then white space and punctuation).

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Looks like a space and is a symbol by its category.
const BRAILLE_BLANK: char = '\u{2800}';

/// The form in which people's text is compared and searched; never shown.
pub fn fold(text: &str) -> String {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let normalizer = ComposingNormalizer::new_nfkc();
    let seen: String = text.chars().filter(|letter| !ignorable.contains(*letter)).collect();
    let folded = CaseMapper::new().fold_string(&normalizer.normalize(&seen)).into_owned();
    let words: Vec<String> = normalizer.normalize(&folded).split_whitespace().map(fold_punctuation).collect();
    words.join(" ")
}

/// Whether a reader would call two texts the same.
pub fn is_same(one: &str, other: &str) -> bool {
    fold(one) == fold(other)
}

/// How many characters of a text have a shape of their own: no spaces, marks, controls or invisible characters.
pub fn count_visible(text: &str) -> usize {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
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
            has_shape && !letter.is_whitespace() && !ignorable.contains(*letter) && *letter != BRAILLE_BLANK
        })
        .count()
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
/// that is the option of a command, elsewhere a dash.
fn fold_punctuation(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for (place, letter) in word.chars().enumerate() {
        match letter {
            '\u{2013}' | '\u{2014}' | '\u{2015}'
                if place == 0 && word.chars().nth(1).is_some_and(char::is_alphanumeric) =>
            {
                folded.push_str("--");
            }
            '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{2e3a}' | '\u{2e3b}' => {
                folded.push('-');
            }
            '\u{2018}'..='\u{201b}'
            | '\u{2032}'
            | '\u{02bc}'
            | '\u{02b9}'
            | '\u{00b4}'
            | '\u{0060}'
            | '\u{2039}'
            | '\u{203a}' => {
                folded.push('\'');
            }
            '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{00ab}' | '\u{00bb}' | '\u{300c}'..='\u{300f}' => {
                folded.push('"');
            }
            letter => folded.push(letter),
        }
    }
    folded
}

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
        for (one, other) in
            [("-overwrite", "--overwrite"), ("resume", "r\u{e9}sum\u{e9}"), ("a b", "ab"), ("\u{3c0}", "p")]
        {
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
    fn a_password_is_the_same_from_every_keyboard() {
        assert_eq!(opaque("caf\u{65}\u{301} \u{3000}x"), "caf\u{e9}  x");
        assert_ne!(opaque("Calm"), opaque("calm"));
    }
}
