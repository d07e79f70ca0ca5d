//! The mails of games.

use serde::Serialize;

use crate::view::MailView;

/// Invites somebody to plan a game.
#[derive(Debug, Serialize)]
pub struct InvitationMail {
    /// The name they go by.
    pub name: String,
    /// Who invites them.
    pub host: String,
    /// The lab's title.
    pub lab: String,
    /// What they join the game with.
    pub code: String,
    /// Where they type it.
    pub url: String,
}

impl MailView for InvitationMail {
    const NAME: &'static str = "game-invitation";

    fn samples() -> Vec<Self> {
        vec![Self {
            name: "Bea Lind".to_owned(),
            host: "Ada Quist".to_owned(),
            lab: "A game day".to_owned(),
            code: "0123456789".to_owned(),
            url: "https://learn.example.org/games/join".to_owned(),
        }]
    }
}

macro_rules! decisions {
    ($($(#[$doc:meta])* $name:ident = $folder:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Serialize)]
        pub struct $name {
            /// The name they go by.
            pub name: String,
            /// The lab's title.
            pub lab: String,
            /// What the reviewer wrote.
            pub comment: String,
            /// The postmortem's page.
            pub url: String,
        }

        impl MailView for $name {
            const NAME: &'static str = $folder;

            fn samples() -> Vec<Self> {
                vec![Self {
                    name: "Ada Quist".to_owned(),
                    lab: "A game day".to_owned(),
                    comment: "Who checks that the alert is there?".to_owned(),
                    url: "https://learn.example.org/games/x/postmortem".to_owned(),
                }]
            }
        }
    )+};
}

decisions! {
    /// Tells that a postmortem was accepted.
    PostmortemAcceptedMail = "postmortem-accepted";
    /// Tells that a postmortem was returned, and why.
    PostmortemReturnedMail = "postmortem-returned";
}
