// Package store keeps everything that outlives the process in one database file.
package store

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Tx is a transaction: a commit is on the disk before it answers.
type Tx = bolt.Tx

// Store is the open database. Only one process can have it open.
type Store struct{ db *bolt.DB }

// Open makes the database in the data folder where there is none.
func Open(folder string) (*Store, error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, fmt.Errorf("the data folder: %w", err)
	}
	db, err := bolt.Open(filepath.Join(folder, "grafana.db"), 0o600, &bolt.Options{Timeout: 5 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("the database in %s: %w", folder, err)
	}
	return &Store{db: db}, nil
}

// Close waits for open transactions.
func (s *Store) Close() error { return s.db.Close() }

// Ping says whether the database can be read.
func (s *Store) Ping() error { return s.db.View(func(*Tx) error { return nil }) }

// View gives what a function reads of one unchanging view of the data.
func View[R any](s *Store, read func(*Tx) (R, error)) (result R, err error) {
	err = s.db.View(func(tx *Tx) (err error) {
		result, err = read(tx)
		return err
	})
	return result, err
}

// Update runs a function whose changes are all kept, or none where it gives an error.
func Update[R any](s *Store, write func(*Tx) (R, error)) (result R, err error) {
	err = s.db.Update(func(tx *Tx) (err error) {
		result, err = write(tx)
		return err
	})
	return result, err
}

// Write is Update of a function that gives nothing.
func (s *Store) Write(write func(*Tx) error) error { return s.db.Update(write) }

// Table is a bucket of JSON records. Its value is the bucket's name.
type Table[T any] string

// Get gives nil where there is no such record.
func (t Table[T]) Get(tx *Tx, key string) (*T, error) {
	bucket := tx.Bucket([]byte(t))
	if bucket == nil {
		return nil, nil
	}
	content := bucket.Get([]byte(key))
	if content == nil {
		return nil, nil
	}
	return t.decode([]byte(key), content)
}

// Put writes a record, in place of the one with the same key.
func (t Table[T]) Put(tx *Tx, key string, record *T) error {
	bucket, err := tx.CreateBucketIfNotExists([]byte(t))
	if err != nil {
		return err
	}
	content, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return bucket.Put([]byte(key), content)
}

// Delete removes a record, if it is there.
func (t Table[T]) Delete(tx *Tx, key string) error {
	bucket := tx.Bucket([]byte(t))
	if bucket == nil {
		return nil
	}
	return bucket.Delete([]byte(key))
}

// Each runs a function over all records, in order of their keys. The function may delete the record that it is given.
func (t Table[T]) Each(tx *Tx, verb func(key string, record *T) error) error {
	bucket := tx.Bucket([]byte(t))
	if bucket == nil {
		return nil
	}
	cursor := bucket.Cursor()
	for key, content := cursor.First(); key != nil; {
		name := string(key)
		record, err := t.decode(key, content)
		if err != nil {
			return err
		}
		if err := verb(name, record); err != nil {
			return err
		}
		if key, content = cursor.Seek([]byte(name)); string(key) == name {
			key, content = cursor.Next()
		}
	}
	return nil
}

// List gives the records that a function accepts; all of them without one.
func (t Table[T]) List(tx *Tx, accept func(*T) bool) ([]*T, error) {
	found := []*T{}
	err := t.Each(tx, func(_ string, record *T) error {
		if accept == nil || accept(record) {
			found = append(found, record)
		}
		return nil
	})
	return found, err
}

// Find gives the first record that a function accepts, or nil.
func (t Table[T]) Find(tx *Tx, accept func(*T) bool) (*T, error) {
	found, err := t.List(tx, accept)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Need is Get with an error for what is not there.
func (t Table[T]) Need(tx *Tx, key string, missing error) (*T, error) {
	found, err := t.Get(tx, key)
	if err == nil && found == nil {
		err = missing
	}
	return found, err
}

// All is List in a transaction of its own.
func (t Table[T]) All(s *Store, accept func(*T) bool) ([]*T, error) {
	return View(s, func(tx *Tx) ([]*T, error) { return t.List(tx, accept) })
}

// One is Find in a transaction of its own, with an error for what is not there.
func (t Table[T]) One(s *Store, accept func(*T) bool, missing error) (*T, error) {
	found, err := View(s, func(tx *Tx) (*T, error) { return t.Find(tx, accept) })
	if err == nil && found == nil {
		err = missing
	}
	return found, err
}

// Change writes what a function changes of a record, in a transaction of its own.
func (t Table[T]) Change(s *Store, key string, missing error, change func(*Tx, *T) error) (*T, error) {
	return Update(s, func(tx *Tx) (*T, error) {
		found, err := t.Need(tx, key, missing)
		if err == nil {
			err = change(tx, found)
		}
		if err != nil {
			return nil, err
		}
		return found, t.Put(tx, key, found)
	})
}

// Remove deletes a record that a function accepts to be gone, in a transaction of its own.
func (t Table[T]) Remove(s *Store, key string, missing error, check func(*Tx, *T) error) (*T, error) {
	return Update(s, func(tx *Tx) (*T, error) {
		found, err := t.Need(tx, key, missing)
		if err == nil && check != nil {
			err = check(tx, found)
		}
		if err != nil {
			return nil, err
		}
		return found, t.Delete(tx, key)
	})
}

// DeleteAll removes the records that a function accepts.
func (t Table[T]) DeleteAll(tx *Tx, accept func(key string, record *T) bool) error {
	return t.Each(tx, func(key string, record *T) error {
		if !accept(key, record) {
			return nil
		}
		return t.Delete(tx, key)
	})
}

// Key is a number's, in the order of the numbers.
func Key(id int64) string { return fmt.Sprintf("%012d", id) }

// NextID numbers records from 1 and never gives a number twice.
func (t Table[T]) NextID(tx *Tx) (int64, error) {
	bucket, err := tx.CreateBucketIfNotExists([]byte(t))
	if err != nil {
		return 0, err
	}
	next, err := bucket.NextSequence()
	return int64(next), err
}

func (t Table[T]) decode(key, content []byte) (*T, error) {
	record := new(T)
	if err := json.Unmarshal(content, record); err != nil {
		return nil, fmt.Errorf("%s %s in the database: %w", t, key, err)
	}
	return record, nil
}
