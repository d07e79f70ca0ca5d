//! Each fault of the game day, drawn by the platform, breaks what people ask for, until it is mitigated.

use std::collections::BTreeSet;

use seaworthy::games::{Figures, GameId};
use seaworthy::labs::{LabSession, SessionState, TOOLBOX};

use crate::Site;
use crate::people::Visitor;
use crate::site::eventually;

const GAME_DAY: &str = "day-2-game-day";
/// How many requests one after another must fail.
const FAILING: usize = 3;

/// Prints the status of a request as the game's load sends it.
const ASK: &str = "curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' \
                   --header \"Host: $(kubectl get configmap ingress --output jsonpath='{.data.host}')\" \
                   http://emissary-ingress.emissary/qotm/ || true";

async fn run(site: &Site, session: &LabSession, script: &str) -> String {
    let command = ["sh", "-euc", script];
    let outcome = site.app.cluster.run_in_pod(&session.namespace, TOOLBOX, TOOLBOX, &command).await.unwrap();
    assert!(outcome.is_success, "{}", outcome.output);
    outcome.output
}

async fn start(site: &Site, ada: &Visitor) -> LabSession {
    let labs = &site.app.labs;
    labs.start(&ada.person().id, GAME_DAY).await.unwrap();
    let find = async || labs.find_session(&ada.person().id, GAME_DAY).await.unwrap();
    eventually("the lab is not ready", async || {
        find().await.is_some_and(|session| session.state == SessionState::Ready)
    })
    .await;
    find().await.unwrap()
}

/// Plays one game: its fault is seen by requests that fail, and mitigated. Gives the fault's id and what was measured.
async fn play(site: &Site, (ada, session): (&Visitor, &LabSession), solve: &str) -> (String, Figures) {
    let games = &site.app.games;
    let game: GameId = games.start(&ada.person().id, GAME_DAY).await.unwrap();
    let find = async || games.find_game(ada.person(), &game).await.unwrap().unwrap().0;
    eventually("no fault comes", async || find().await.injected_at.is_some()).await;
    let fault = find().await.fault.unwrap();
    let mut failed = 0;
    eventually(&format!("{fault}: requests still succeed"), async || {
        failed = if run(site, session, ASK).await == "200" { 0 } else { failed + 1 };
        failed == FAILING
    })
    .await;
    run(site, session, solve).await;
    games.stop(&ada.person().id, &game).await.unwrap();
    (fault, find().await.figures.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_the_game_day_fails_requests_until_it_is_mitigated() {
    let site = Site::spawn_with(|config, _folder| {
        (config.games.earliest_seconds, config.games.latest_seconds) = (25, 25);
    })
    .await;
    let lab = site.app.labs.catalogue().find(GAME_DAY).unwrap();
    let solve = lab.solution.as_ref().unwrap().script.clone();
    let count = site.app.games.find_plan(GAME_DAY).unwrap().faults.len();
    let ada = site.learner("ada").await;
    let session = start(&site, &ada).await;
    run(&site, &session, &solve).await;
    let mut had = BTreeSet::new();
    for _ in 0..count {
        let (fault, figures) = play(&site, (&ada, &session), &solve).await;
        assert!(figures.failed_after_ms.is_some() && figures.succeeded < figures.requests, "{fault}: {figures:?}");
        had.insert(fault);
    }
    assert_eq!(had.len(), count, "no fault comes twice in a round: {had:?}");
    site.app.cluster.delete_namespace(&session.namespace).await.unwrap();
    site.shut_down().await;
}
