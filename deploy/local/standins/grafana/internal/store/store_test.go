package store

import (
	"errors"
	"testing"
)

type record struct{ Names []string }

func open(t *testing.T, folder string) *File[record] {
	t.Helper()
	file, err := Open[record](folder, "records.json")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	folder := t.TempDir()
	before := open(t, folder)
	seen := before.Read()
	err := before.Write(func(next *record) error { next.Names = append(next.Names, "a"); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if found := open(t, folder).Read().Names; len(found) != 1 || found[0] != "a" || len(seen.Names) != 0 {
		t.Errorf("got %v, and before %v", found, seen.Names)
	}
}

func TestAFailureLeavesNothingOfAWrite(t *testing.T) {
	folder, failure := t.TempDir(), errors.New("half-way")
	file := open(t, folder)
	err := file.Write(func(next *record) error { next.Names = []string{"a"}; return failure })
	if !errors.Is(err, failure) || len(file.Read().Names) != 0 || len(open(t, folder).Read().Names) != 0 {
		t.Errorf("got %v, %v", err, file.Read())
	}
}

func TestOneProcessAtATimeHasTheFolder(t *testing.T) {
	folder := t.TempDir()
	lock, err := Lock(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(folder); err == nil {
		t.Error("it was locked twice")
	}
	lock.Close()
	if lock, err = Lock(folder); err != nil {
		t.Fatal(err)
	}
	lock.Close()
}

func TestAMadeUIDIsAKubernetesNameThatBeginsWithALetter(t *testing.T) {
	for range 1000 {
		if uid := NewUID(); !IsUID(uid) || uid[0] < 'a' || uid[0] > 'z' || len(uid) != 14 {
			t.Fatalf("got %q", uid)
		}
	}
	for _, text := range []string{"", "a b", "a/b", "ä", string(make([]byte, 41))} {
		if IsUID(text) {
			t.Errorf("%q was taken", text)
		}
	}
}
