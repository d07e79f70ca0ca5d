// Package store keeps what outlives the process in JSON files, each of them written as a whole.
package store

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Lock keeps another process from working on the same folder, which is made where there is none.
func Lock(folder string) (*os.File, error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, fmt.Errorf("the data folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, fmt.Errorf("another process works on the data folder %s: %w", folder, err)
	}
	return file, nil
}

// File is a value on the disk. Who reads it shares it with others, and leaves it as it is.
type File[T any] struct {
	path    string
	writing sync.Mutex
	current atomic.Pointer[T]
}

// Open reads a file of the data folder, if it is there.
func Open[T any](folder, name string) (*File[T], error) {
	file := &File[T]{path: filepath.Join(folder, name)}
	content, err := os.ReadFile(file.path)
	if os.IsNotExist(err) {
		content, err = []byte("{}"), nil
	}
	value := new(T)
	if err == nil {
		err = json.Unmarshal(content, value)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.path, err)
	}
	file.current.Store(value)
	return file, nil
}

// Read gives the value as it is now.
func (f *File[T]) Read() *T { return f.current.Load() }

// Write lets a function change a copy, which takes the value's place once it is on the disk. An error leaves all as it was.
func (f *File[T]) Write(change func(*T) error) error {
	f.writing.Lock()
	defer f.writing.Unlock()
	content, err := json.Marshal(f.current.Load())
	if err != nil {
		return err
	}
	next := new(T)
	if err := json.Unmarshal(content, next); err != nil {
		return err
	}
	if err := change(next); err != nil {
		return err
	}
	if content, err = json.Marshal(next); err != nil {
		return err
	}
	if err := replace(f.path, content); err != nil {
		return fmt.Errorf("%s not written: %w", f.path, err)
	}
	f.current.Store(next)
	return nil
}

// replace writes a file beside the old one and takes its place with it, so that a crash leaves the one or the other.
func replace(path string, content []byte) error {
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(content); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// Find gives the first record that a function accepts, or nil.
func Find[T any](all []*T, accept func(*T) bool) *T {
	for _, one := range all {
		if accept(one) {
			return one
		}
	}
	return nil
}
