package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"seaworthy/deploy/images/qotm/internal/authors"
)

func TestEveryBuiltInQuoteIsThereOnceAndHasAnAuthor(t *testing.T) {
	seen := map[string]bool{}
	for at, quote := range builtIn {
		if _, found := authors.Find(quote.Author); !found {
			t.Errorf("nobody knows %q", quote.Author)
		}
		if seen[quote.Text] || quote.validate() != nil || quote.ID != at+1 {
			t.Errorf("twice, or not a quote: %+v", quote)
		}
		seen[quote.Text] = true
	}
}

func TestQuotesOutliveTheProcessInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quotes.json")
	first, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	added, err := first.Add(Quote{Text: "Count the lifeboats twice.", Author: "hale"})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Remove(1); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Change(2, Quote{Text: "Changed.", Author: "hale"}); err != nil {
		t.Fatal(err)
	}
	second, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := second.Find(added.ID); err != nil || got != added {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := second.Find(1); !errors.Is(err, errNotFound) {
		t.Errorf("a removed quote came back: %v", err)
	}
	if got, _ := second.Find(2); got.Text != "Changed." || len(second.List()) != len(builtIn) {
		t.Errorf("got %+v of %d", got, len(second.List()))
	}
}

func TestWhatTheFileCannotTakeIsNotKeptInMemoryEither(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	store, err := Open(filepath.Join(folder, "quotes.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Add(Quote{Text: "Lost.", Author: "hale"}); err == nil || len(store.List()) != len(builtIn) {
		t.Errorf("%v, %d quotes", err, len(store.List()))
	}
}

func TestAFullStoreRefuses(t *testing.T) {
	store, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	for len(store.quotes) < maxQuotes {
		store.quotes = append(store.quotes, Quote{})
	}
	if _, err := store.Add(Quote{Text: "One more.", Author: "hale"}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatHoldsSomethingElseIsSaidToDoSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quotes.json")
	if err := os.WriteFile(path, []byte("ballast"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("taken for quotes")
	}
}
