//! Tokens in the folded form of people's text, so that a word is found from every keyboard.

use tantivy::tokenizer::{Token, TokenFilter, TokenStream, Tokenizer};

use crate::text::fold;

/// Gives each token its folded form.
#[derive(Clone)]
pub(super) struct Folding;

/// A tokenizer with folded tokens.
#[derive(Clone)]
pub(super) struct Folded<T>(T);

/// Tokens, folded one by one.
pub(super) struct FoldedTokens<S>(S);

impl TokenFilter for Folding {
    type Tokenizer<T: Tokenizer> = Folded<T>;

    fn transform<T: Tokenizer>(self, tokenizer: T) -> Folded<T> {
        Folded(tokenizer)
    }
}

impl<T: Tokenizer> Tokenizer for Folded<T> {
    type TokenStream<'a> = FoldedTokens<T::TokenStream<'a>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        FoldedTokens(self.0.token_stream(text))
    }
}

impl<S: TokenStream> TokenStream for FoldedTokens<S> {
    fn advance(&mut self) -> bool {
        if !self.0.advance() {
            return false;
        }
        let text = &mut self.0.token_mut().text;
        if text.is_ascii() {
            text.make_ascii_lowercase();
        } else {
            *text = fold(text);
        }
        true
    }

    fn token(&self) -> &Token {
        self.0.token()
    }

    fn token_mut(&mut self) -> &mut Token {
        self.0.token_mut()
    }
}
