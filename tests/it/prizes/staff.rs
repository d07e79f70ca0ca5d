//! The programme's staff, who can read what a good answer has, win nothing

use std::sync::Arc;

use seaworthy::accounts::{PersonId, Role};
use seaworthy::checkpoints::{EnterError, Entry, EntryId};
use seaworthy::prizes::{Rank, VoucherCounts};
use seaworthy::reviews::Decision;

use super::{ANSWERS, CHECKPOINT, accept, codes, enter, enter_as, person, programme, spawn, spawn_under};
use crate::support::{TestApp, Visitor};

async fn set_role(app: &TestApp, person: &PersonId, role: Role) {
    app.app.accounts.set_role("system", person, role).await.unwrap();
}

async fn rank(app: &TestApp, page: &str) -> Rank {
    let id = EntryId::from(page.trim_start_matches("/entries/").to_owned());
    let entry = app.app.checkpoints.find_entry(&id).await.unwrap().unwrap();
    app.app.prizes.find_rank(&entry).await.unwrap().0
}

async fn entries(app: &TestApp, visitor: &Visitor) -> Vec<Entry> {
    app.app.checkpoints.list_of_person(&visitor.person().id).await.unwrap()
}

/// The rule about the staff on the page of an entry, with its result.
async fn staff_rule(visitor: &Visitor, page: &str) -> String {
    let shown = visitor.get(&format!("{page}/eligibility")).await.expect(200);
    let rules = shown.texts(".verdicts li");
    rules.into_iter().find(|rule| rule.contains("programme's staff")).unwrap()
}

#[tokio::test]
async fn staff_read_the_questions_and_enter_nothing() {
    let app = spawn().await;
    let former = app.instructor("former").await;
    set_role(&app, &former.person().id, Role::Learner).await;
    for visitor in [app.instructor("imre").await, app.admin("noor").await, former] {
        let page = visitor.get(CHECKPOINT).await.expect(200);
        assert!(page.text(".notice").contains("You can't enter"), "{}", page.text(".notice"));
        assert_eq!(page.texts(".questions .question").len(), 2);
        assert!(page.texts("button.button-primary").is_empty() && !page.text("aside").contains("Your entries"));
        let refused = visitor.post(CHECKPOINT, &ANSWERS).await.expect(422);
        assert!(refused.text(".notice").contains("You can't enter"));
        assert_eq!(refused.text("textarea"), ANSWERS[1].1, "what was typed stays");
        let refused = enter_as(&app.app, &visitor.person().id, "watch").await;
        assert!(matches!(refused, Err(EnterError::Staff)), "{refused:?}");
        assert!(entries(&app, &visitor).await.is_empty());
    }
    enter(&app.learner("ada").await).await;
}

#[tokio::test]
async fn an_open_entry_of_somebody_who_joins_the_staff_takes_no_place_for_good() {
    let app = spawn().await;
    let (ada, bo, imre) = (app.learner("ada").await, app.learner("bo").await, app.instructor("imre").await);
    let (first, second) = (enter(&ada).await, enter(&bo).await);
    accept(&imre, &second).await;
    assert_eq!(rank(&app, &second).await, Rank::Provisional { place: 1, undecided_before: 1 });
    assert!(staff_rule(&ada, &first).await.contains("never were"));

    set_role(&app, &ada.person().id, Role::Instructor).await;
    assert_eq!((rank(&app, &first).await, rank(&app, &second).await), (Rank::Staff, Rank::Won { place: 1 }));
    let page = ada.get(&first).await.expect(200);
    assert!(page.text("main").contains("You are, or were, on the programme's staff"), "{}", page.text("main"));
    assert!(staff_rule(&ada, &first).await.contains("Does not hold"));
    let week = page.attribute("main section a", "href").unwrap();
    assert!(ada.get(&week).await.text(".ranking").contains("By the staff, takes no place"));
    assert!(ada.get(CHECKPOINT).await.text(".notice").contains("The entry you sent before"));

    set_role(&app, &ada.person().id, Role::Learner).await;
    assert_eq!(rank(&app, &first).await, Rank::Staff, "whoever could read the answers has read them");
    app.app.prizes.import(&imre.person().id, &codes("A", 2)).await.unwrap().unwrap();
    accept(&imre, &first).await;
    app.run_jobs().await;
    assert_eq!((rank(&app, &first).await, rank(&app, &second).await), (Rank::Staff, Rank::Won { place: 1 }));
    let stock = app.app.prizes.count_vouchers().await.unwrap();
    assert_eq!(stock, VoucherCounts { imported: 2, awarded: 1, missing: 0 });
    assert!(app.app.checkpoints.has_accepted(&ada.person().id, "watch").await.unwrap(), "it counts for the credential");
}

#[tokio::test]
async fn an_entry_that_was_accepted_before_its_author_joined_the_staff_keeps_its_place() {
    let app = spawn().await;
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    let page = enter(&ada).await;
    accept(&imre, &page).await;
    set_role(&app, &ada.person().id, Role::Admin).await;
    assert_eq!(rank(&app, &page).await, Rank::Won { place: 1 });
    app.app.prizes.import(&imre.person().id, &codes("A", 1)).await.unwrap().unwrap();
    app.run_jobs().await;
    assert_eq!(ada.get(&page).await.text(".voucher-code"), "A-0");
    assert!(staff_rule(&ada, &page).await.contains("you weren't when the entry was accepted"));
}

#[tokio::test]
async fn who_waited_for_an_entry_of_somebody_who_joins_the_staff_gets_the_voucher_without_its_review() {
    let app = spawn().await;
    let (ada, bo, imre) = (app.learner("ada").await, app.learner("bo").await, app.instructor("imre").await);
    enter(&ada).await;
    let page = enter(&bo).await;
    accept(&imre, &page).await;
    app.app.prizes.import(&imre.person().id, &codes("A", 1)).await.unwrap().unwrap();
    app.run_jobs().await;
    assert!(bo.get(&page).await.texts(".voucher-code").is_empty());
    set_role(&app, &ada.person().id, Role::Instructor).await;
    app.app.prizes.award_beside_staff().await.unwrap();
    app.run_jobs().await;
    assert_eq!(bo.get(&page).await.text(".voucher-code"), "A-0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_role_that_changes_while_entries_are_decided_takes_back_no_award_and_doubles_no_place() {
    const PAIRS: i64 = 12;
    let app = Arc::new(spawn_under(&programme(1, PAIRS, 3)).await);
    let noor = person(&app, "noor", Role::Admin).await;
    app.app.prizes.import(&noor.id, &codes("A", 12)).await.unwrap().unwrap();
    let mut made = Vec::new();
    for number in 0..PAIRS {
        let learner = person(&app, &format!("learner{number}"), Role::Learner).await;
        made.push(enter_as(&app.app, &learner.id, "watch").await.unwrap());
    }
    let changing = made.iter().cloned().map(|entry| {
        let (app, noor) = (Arc::clone(&app), noor.clone());
        tokio::spawn(async move {
            let decide = async {
                app.app.reviews.decide(&noor, &entry.id, &Decision::Accept).await.unwrap();
                app.app.prizes.award(&entry.week).await.unwrap();
            };
            let promote = async {
                if entry.week_seq % 2 == 0 {
                    set_role(&app, &entry.person, Role::Instructor).await;
                }
            };
            tokio::join!(promote, decide);
        })
    });
    for changed in changing.collect::<Vec<_>>() {
        changed.await.unwrap();
    }
    app.run_jobs().await;
    app.app.prizes.award(&made[0].week).await.unwrap();
    let ranking = app.app.prizes.find_ranking(&made[0].week).await.unwrap().unwrap();
    let mut place = 0;
    for (entry, ranked) in made.iter().zip(&ranking.entries) {
        let has_code = app.app.prizes.find_code(entry).await.unwrap().is_some();
        match ranked.rank {
            Rank::Won { place: found } => {
                place += 1;
                assert!(has_code && found == place, "{ranked:?}");
            }
            Rank::Staff => assert!(!has_code && entry.week_seq % 2 == 0, "{ranked:?}"),
            rank => panic!("{rank:?}"),
        }
    }
    assert!(place >= PAIRS / 2);
}
