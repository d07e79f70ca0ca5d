// Package store is the service that keeps quotes, in memory or in a file.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Quote is what the store keeps.
type Quote struct {
	ID     int    `json:"id"`
	Text   string `json:"text"`
	Author string `json:"author"`
}

const (
	// maxQuotes bounds the memory and the file.
	maxQuotes       = 1000
	maxTextRunes    = 300
	maxAuthorRunes  = 40
	permissionsFile = 0o644
)

var (
	errFull     = fmt.Errorf("the store is full: it keeps %d quotes", maxQuotes)
	errNotFound = errors.New("there is no such quote")
)

// Store keeps quotes.
type Store struct {
	mutex  sync.RWMutex
	path   string
	quotes []Quote
	lastID int
}

// Open reads the file, if there is one; a store without a file forgets with its process.
func Open(path string) (*Store, error) {
	opened := &Store{path: path, quotes: slices.Clone(builtIn)}
	if path != "" {
		content, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if err := opened.save(opened.quotes); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		default:
			opened.quotes = nil
			if err := json.Unmarshal(content, &opened.quotes); err != nil {
				return nil, fmt.Errorf("%s does not hold quotes: %w", path, err)
			}
		}
	}
	for _, quote := range opened.quotes {
		opened.lastID = max(opened.lastID, quote.ID)
	}
	return opened, nil
}

func (q Quote) validate() error {
	if length := utf8.RuneCountInString(q.Text); strings.TrimSpace(q.Text) == "" || length > maxTextRunes {
		return fmt.Errorf("text must have from 1 to %d characters", maxTextRunes)
	}
	if length := utf8.RuneCountInString(q.Author); strings.TrimSpace(q.Author) == "" || length > maxAuthorRunes {
		return fmt.Errorf("author must have from 1 to %d characters", maxAuthorRunes)
	}
	return nil
}

// List gives all quotes, in the order in which they came.
func (s *Store) List() []Quote {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return slices.Clone(s.quotes)
}

// Find gives the quote of that id.
func (s *Store) Find(id int) (Quote, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	at := s.index(id)
	if at < 0 {
		return Quote{}, errNotFound
	}
	return s.quotes[at], nil
}

// Pick gives the quote that a chance from 0 up to 1 falls on.
func (s *Store) Pick(chance float64) (Quote, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if len(s.quotes) == 0 {
		return Quote{}, errNotFound
	}
	return s.quotes[int(chance*float64(len(s.quotes)))], nil
}

// Add keeps a new quote.
func (s *Store) Add(quote Quote) (Quote, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.quotes) >= maxQuotes {
		return Quote{}, errFull
	}
	quote.ID = s.lastID + 1
	if err := s.replace(append(slices.Clone(s.quotes), quote)); err != nil {
		return Quote{}, err
	}
	s.lastID = quote.ID
	return quote, nil
}

// Change replaces the quote of that id.
func (s *Store) Change(id int, quote Quote) (Quote, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	at := s.index(id)
	if at < 0 {
		return Quote{}, errNotFound
	}
	changed := slices.Clone(s.quotes)
	quote.ID = id
	changed[at] = quote
	return quote, s.replace(changed)
}

// Remove forgets the quote of that id.
func (s *Store) Remove(id int) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	at := s.index(id)
	if at < 0 {
		return errNotFound
	}
	return s.replace(slices.Delete(slices.Clone(s.quotes), at, at+1))
}

func (s *Store) index(id int) int {
	return slices.IndexFunc(s.quotes, func(quote Quote) bool { return quote.ID == id })
}

// replace keeps what the file could not take out of memory too, so that a restart changes nothing.
func (s *Store) replace(quotes []Quote) error {
	if err := s.save(quotes); err != nil {
		return err
	}
	s.quotes = quotes
	return nil
}

// save writes beside the file and renames: a crash leaves the old file or the new one.
func (s *Store) save(quotes []Quote) error {
	if s.path == "" {
		return nil
	}
	content, err := json.MarshalIndent(quotes, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(s.path), ".quotes-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	err = errors.Join(err, file.Chmod(permissionsFile), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), s.path)
}
