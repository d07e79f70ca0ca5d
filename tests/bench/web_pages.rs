//! How fast a lab's web page comes through the platform, beside `kubectl port-forward` to the same Service, turn about on
//! one cluster, which `TEST_KUBECONFIG` names: one request after another, and several at once.
//!
//! `TEST_KUBECONFIG=/var/lib/seaworthy-cluster/kubeconfig cargo bench --bench web_pages`

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should fail there")]
#![expect(clippy::print_stdout, reason = "the measurements are what it is run for")]

#[path = "../it/support/form.rs"]
mod form;
#[path = "../it/support/page.rs"]
#[expect(dead_code, reason = "the bench reads little of a page")]
mod page;
#[path = "../cluster/page_browser.rs"]
mod page_browser;
#[path = "../it/support/people.rs"]
#[expect(dead_code, reason = "the bench needs only some of what a visitor can do")]
mod people;
#[path = "../it/support/shipped_labs.rs"]
mod shipped_labs;
#[path = "../cluster/site.rs"]
#[expect(dead_code, reason = "the bench needs only some of what a site can do")]
mod site;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;

use page::Page;
use page_browser::PageBrowser;
use people::Visitor;
use shipped_labs::link_shipped_labs;
use site::Site;

const ROUNDS: usize = 9;
const REQUESTS: u32 = 300;
const AT_ONCE: usize = 8;

/// Where requests go, and with which headers.
struct Route {
    client: reqwest::Client,
    url: String,
    host: String,
    cookie: String,
}

impl Route {
    async fn request(&self) {
        let request = self.client.get(&self.url).header("host", &self.host).header("cookie", &self.cookie);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", self.url);
        assert!(answer.text().await.unwrap().contains("\"quote\":"), "{}", self.url);
    }

    /// The median of one request after another, in milliseconds.
    async fn latency(&self) -> f64 {
        let mut lengths = Vec::new();
        for _ in 0..REQUESTS {
            let begun = Instant::now();
            self.request().await;
            lengths.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        lengths.sort_by(f64::total_cmp);
        lengths[lengths.len() / 2]
    }

    /// Requests a second with several at once.
    async fn rate(&self) -> f64 {
        let begun = Instant::now();
        stream::iter(0..REQUESTS).for_each_concurrent(AT_ONCE, |_| self.request()).await;
        f64::from(REQUESTS) / begun.elapsed().as_secs_f64()
    }
}

#[tokio::main]
async fn main() {
    let site = Site::spawn().await;
    let learner = site.learner("ada").await;
    let session = site.start(&learner).await;
    let browser = PageBrowser::of(&site, &learner);
    let cookie = wait_for_page(&browser, &browser.host("quote", &session)).await;
    let (mut forward, port) = port_forward(&session.namespace);
    let client = reqwest::Client::new();
    let own =
        Route { client: client.clone(), url: format!("{}/", site.url), host: browser.host("quote", &session), cookie };
    let host = format!("127.0.0.1:{port}");
    let reference = Route { client, url: format!("http://{host}/"), host, cookie: String::new() };

    let (mut latencies, mut rates) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    // The first round opens connections.
    for round in 0..=ROUNDS {
        for (place, route) in [&own, &reference].into_iter().enumerate() {
            let (latency, rate) = (route.latency().await, route.rate().await);
            if round > 0 {
                latencies[place].push(latency);
                rates[place].push(rate);
            }
        }
    }
    forward.kill().unwrap();
    forward.wait().unwrap();
    site.stop(&learner).await;
    site.shut_down().await;
    println!("median of {ROUNDS} rounds of {REQUESTS} requests (lowest to highest)");
    print("one after another, ms", &mut latencies);
    print(&format!("{AT_ONCE} at once, requests/s"), &mut rates);
}

/// Opens the page until its Service answers, a minute at the most; answers the cookie.
async fn wait_for_page(browser: &PageBrowser, host: &str) -> String {
    let cookie = browser.open("quote").await.unwrap();
    let begun = Instant::now();
    while browser.ask(host, "/", &cookie).await.0 != 200 {
        assert!(begun.elapsed() < Duration::from_mins(1), "the page does not answer");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    cookie
}

fn port_forward(namespace: &str) -> (Child, u16) {
    let program = std::env::var("KUBECTL").unwrap_or_else(|_unset| "kubectl".to_owned());
    let mut child = Command::new(program)
        .args(["port-forward", "--namespace", namespace, "service/qotm", ":80"])
        .env("KUBECONFIG", site::kubeconfig())
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl must be on the PATH, or named by KUBECTL");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().expect("port-forward says which port it took").unwrap();
    let port = first.split_whitespace().find_map(|word| word.strip_prefix("127.0.0.1:")).unwrap().parse().unwrap();
    // It writes a line a connection, and stops when nobody reads them.
    std::thread::spawn(move || lines.for_each(drop));
    (child, port)
}

fn print(what: &str, [own, reference]: &mut [Vec<f64>; 2]) {
    let mut ratios: Vec<f64> = own.iter().zip(&*reference).map(|(own, reference)| own / reference).collect();
    println!("  {what}");
    println!("    through the platform   {}", spread(own));
    println!("    kubectl port-forward   {}", spread(reference));
    println!("    ratio                  {}", spread(&mut ratios));
}

fn spread(values: &mut [f64]) -> String {
    values.sort_by(f64::total_cmp);
    format!("{:.2} ({:.2} to {:.2})", values[values.len() / 2], values[0], values[values.len() - 1])
}
