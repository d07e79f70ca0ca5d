//! How hard a text is to read: the Flesch-Kincaid grade level, from J. P. Kincaid and others, "Derivation of new
//! readability formulas for Navy enlisted personnel", Research Branch Report 8-75, 1975.
//!
//! Syllables are counted as groups of vowels without those that are not spoken, which for English text in bulk comes
//! close to a dictionary of pronunciation.

/// The words, sentences and syllables of running text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Prose {
    words: u32,
    sentences: u32,
    syllables: u32,
}

impl Prose {
    /// Counts a paragraph, or a line of a list; its end is the end of a sentence.
    pub(super) fn add(&mut self, text: &str) {
        let mut open = 0;
        for token in text.split_whitespace() {
            let syllables = count_syllables(token);
            if syllables > 0 {
                open += 1;
                self.syllables += syllables;
            }
            if open > 0 && ends_sentence(token) {
                self.words += open;
                self.sentences += 1;
                open = 0;
            }
        }
        self.words += open;
        self.sentences += u32::from(open > 0);
    }

    /// The years of school that the text asks for; none for a text without words.
    pub(super) fn grade(self) -> Option<f64> {
        let (words, sentences) = (f64::from(self.words), f64::from(self.sentences));
        (self.words > 0).then(|| 0.39 * (words / sentences) + 11.8 * (f64::from(self.syllables) / words) - 15.59)
    }
}

fn ends_sentence(token: &str) -> bool {
    token.trim_end_matches(['"', '\'', ')', ']', '”', '’', '*']).ends_with(['.', '!', '?', '…'])
}

/// The syllables of a token; none for one without a letter or a digit.
fn count_syllables(token: &str) -> u32 {
    token.split(|letter: char| !letter.is_alphanumeric() && letter != '\'' && letter != '’').map(syllables_of).sum()
}

/// The syllables of a word; one at the least.
fn syllables_of(word: &str) -> u32 {
    let letters: Vec<char> =
        word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if letters.is_empty() {
        return 0;
    }
    let is_vowel = |letter: char| "aeiouyäöüéè".contains(letter);
    let starts = |index: usize| is_vowel(letters[index]) && (index == 0 || !is_vowel(letters[index - 1]));
    let groups = (0..letters.len()).filter(|index| starts(*index)).count();
    let groups = u32::try_from(groups).unwrap_or(u32::MAX);
    groups.saturating_sub(u32::from(has_silent_end(&letters))).max(1)
}

/// Whether the last vowel is written and not spoken, as in "route", "routes" and "routed".
fn has_silent_end(letters: &[char]) -> bool {
    let is_vowel = |letter: &char| "aeiouy".contains(*letter);
    match letters {
        [.., before, 'l', 'e'] => is_vowel(before),
        [.., before, 'e'] => !is_vowel(before),
        [.., before, 'e', 's'] => !is_vowel(before) && !"scxzgh".contains(*before),
        [.., before, 'e', 'd'] => !is_vowel(before) && !"td".contains(*before),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_those_that_are_spoken() {
        let counts = [
            ("route", 1),
            ("routes", 1),
            ("routed", 2),
            ("watched", 1),
            ("services", 3),
            ("table", 2),
            ("rule", 1),
            ("observability", 6),
            ("the", 1),
            ("it's", 1),
            ("day-2", 2),
            ("DNS", 1),
        ];
        for (word, count) in counts {
            assert_eq!(count_syllables(word), count, "{word}");
        }
        assert_eq!(count_syllables("---"), 0);
    }

    #[test]
    fn the_grade_is_that_of_the_published_formula() {
        let mut prose = Prose::default();
        prose.add("The cat sat on the mat. \"Did it?\" It did");
        assert_eq!((prose.words, prose.sentences, prose.syllables), (10, 3, 10));
        let grade = prose.grade().unwrap();
        assert!((grade - (0.39 * 10.0 / 3.0 + 11.8 - 15.59)).abs() < 1e-9, "{grade}");
        assert!(Prose::default().grade().is_none());
    }

    #[test]
    fn long_sentences_and_long_words_raise_the_grade() {
        let grade = |text: &str| {
            let mut prose = Prose::default();
            prose.add(text);
            prose.grade().unwrap()
        };
        let plain = grade("Look at the log. It says why.");
        assert!(grade("Look at the log and it says why it is so.") > plain);
        assert!(grade("Investigate the observability. It illuminates.") > plain);
    }
}
