//! What a text says, as the number of its words.

use std::collections::BTreeSet;

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};

use super::fold;

/// How many different words a text says, in any script; none for what is not made of words.
///
/// A word stands between blanks and is what it has of letters. Where a script writes no blanks between words, so many
/// different letters count as one word as it has on average. Digits, punctuation, pictures and addresses are no words, and
/// a text of which not two words have two different letters, such as `aaaa bbbb` or `a b c d`, says nothing.
pub fn count_words(text: &str) -> usize {
    let folded = fold(text);
    let is_blank = |letter: char| letter.is_whitespace() || WORD_SEPARATORS.contains(&letter);
    let mut words: BTreeSet<String> = BTreeSet::new();
    let mut dense: [BTreeSet<char>; DENSE_SCRIPTS.len()] = Default::default();
    for token in folded.split(is_blank).filter(|token| !token.contains("://") && !token.contains('@')) {
        let mut word = String::new();
        for letter in token.chars().filter(|letter| letter.is_alphabetic()) {
            match find_dense_script(letter) {
                Some(_) if is_mark(letter) => {}
                Some(script) => dense[script].extend([letter]),
                None => word.push(letter),
            }
        }
        if !word.is_empty() {
            words.insert(word);
        }
    }
    let in_dense: usize =
        dense.iter().zip(DENSE_SCRIPTS).map(|(letters, (_, halves))| letters.len() * 2 / halves).sum();
    let has_two_letters = |word: &&String| word.chars().collect::<BTreeSet<_>>().len() > 1;
    if in_dense == 0 && words.iter().filter(has_two_letters).count() < 2 {
        return 0;
    }
    words.len() + in_dense
}

/// Scripts that write no blanks between words, each with the half letters of an average word.
const DENSE_SCRIPTS: [(Script, usize); 7] = [
    (Script::Han, 3),
    (Script::Hiragana, 6),
    (Script::Katakana, 6),
    (Script::Thai, 4),
    (Script::Lao, 4),
    (Script::Khmer, 4),
    (Script::Myanmar, 4),
];

/// Marks that stand between words in Ethiopic and Tibetan.
const WORD_SEPARATORS: [char; 2] = ['\u{1361}', '\u{0f0b}'];

fn is_mark(letter: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(letter) == GeneralCategory::NonspacingMark
}

fn find_dense_script(letter: char) -> Option<usize> {
    if letter.is_ascii() {
        return None;
    }
    let script = CodePointMapData::<Script>::new().get(letter);
    DENSE_SCRIPTS.iter().position(|(dense, _)| *dense == script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_any_script() {
        for text in [
            "Answers each request with a quote.",
            "Liefert zu jeder Anfrage ein Zitat",
            "每次请求返回一句名言。",
            "返回当日的名言",
            "提供每日名言的服务",
            "リクエストごとに名言を返します",
            "名言を返すサービス",
            "ตอบกลับทุกคำขอด้วยคำคม",
            "हर अनुरोध पर एक उद्धरण देता है",
            "يرد على كل طلب باقتباس",
            "요청마다 명언을 하나씩 돌려준다",
            "Отвечает цитатой на каждый запрос",
            "qotm 服务返回一句名言",
            "\u{ff21}nswers with a quote",
        ] {
            assert!(count_words(text) >= 4, "{text}: {}", count_words(text));
        }
    }

    #[test]
    fn what_is_not_made_of_words_has_none() {
        for text in [
            "",
            "- - - -",
            ". . . . .",
            "1 2 3 4",
            "12 34 56 78",
            "\u{1f6a2} \u{1f6a2} \u{1f680} \u{2693}",
            "aaaa bbbb cccc dddd",
            "a b c d e f",
            "aaaa aaaa aaaa aaaa",
            "x1 x2 x3 x4",
            "https://a.example/b https://c.example/d https://e.example/f https://g.example/h",
            "ada@example.org bea@example.org cy@example.org di@example.org",
            "\u{200b} \u{200b} \u{200b} \u{200b}",
        ] {
            assert_eq!(count_words(text), 0, "{text:?}");
        }
    }

    #[test]
    fn a_word_counts_once_however_often_and_an_address_is_one() {
        for text in [
            "A quote service",
            "test test test test test",
            "quote Quote QUOTE service",
            "word1 word2 word3 word4",
            "https://git.example.org/ada/qotm/what/it/does",
            "名言名言名言名言",
            "服务服务服务服务",
            "サービスの説明",
            "คำอธิบาย",
            "service,that,gives,quotes",
        ] {
            assert!(count_words(text) < 4, "{text}: {}", count_words(text));
        }
    }
}
