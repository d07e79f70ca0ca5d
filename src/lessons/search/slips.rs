//! Slips in the words of the shipped lessons, at any place of them.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::vocabulary::Vocabulary;
use super::words::words;
use crate::lessons::library::{ContentSettings, Library};
use crate::lessons::markdown::Highlighter;

/// Words of so many letters are long enough for a slip in one to leave it recognisable.
const MIN_CHARS: usize = 5;

fn shipped_words() -> (Vocabulary, BTreeSet<String>) {
    let labs = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/labs")).unwrap();
    let labs: Vec<String> = labs.map(|lab| lab.unwrap().file_name().into_string().unwrap()).collect();
    let library = Library::load(&ContentSettings::default(), &labs, &Highlighter::load()).unwrap();
    let (mut vocabulary, mut all) = (Vocabulary::default(), BTreeSet::new());
    let lessons = library.modules().iter().flat_map(|module| module.lessons().map(|(_, lesson)| lesson));
    for text in lessons.flat_map(|lesson| &lesson.text_sections) {
        for (_, word) in words(&text.text) {
            vocabulary.add(&word);
            all.insert(word.into_owned());
        }
    }
    (vocabulary, all)
}

/// The word with one letter left out, doubled, swapped with the next one, and exchanged.
fn slips(word: &str, random: &mut StdRng) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let at = random.random_range(0..letters.len());
    let changed = |change: &dyn Fn(&mut Vec<char>)| {
        let mut letters = letters.clone();
        change(&mut letters);
        letters.into_iter().collect::<String>()
    };
    let other = char::from(random.random_range(b'a'..=b'z'));
    let first = at.min(letters.len() - 2);
    vec![
        changed(&|letters| {
            letters.remove(at);
        }),
        changed(&|letters| letters.insert(at, letters[at])),
        changed(&|letters| letters.swap(first, first + 1)),
        changed(&|letters| letters[at] = other),
    ]
}

#[test]
fn a_slip_anywhere_in_a_long_word_of_the_lessons_finds_it() {
    let (vocabulary, all) = shipped_words();
    let long = all.iter().filter(|word| word.chars().count() >= MIN_CHARS);
    let mut random = StdRng::seed_from_u64(12);
    let (mut tried, mut missed) = (0, Vec::new());
    for word in long.step_by(3) {
        let meant = vocabulary.find(word).unwrap();
        for typed in slips(word, &mut random) {
            // What is a word of the lessons itself, or with four letters the beginning or a form of one, is taken at its word.
            let reading = vocabulary.read(&typed, true);
            if vocabulary.find(&typed).is_some() || (reading.has_match && typed.chars().count() < MIN_CHARS) {
                continue;
            }
            tried += 1;
            if !reading.stems.contains_key(&meant) {
                missed.push(format!("{typed} for {word}: {:?}", reading.close));
            }
        }
    }
    assert!(tried > 2_000, "{tried} slips");
    assert!(missed.is_empty(), "{} of {tried}:\n{}", missed.len(), missed.join("\n"));
}
