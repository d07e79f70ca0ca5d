package store

import (
	"errors"
	"fmt"
	"testing"
)

type record struct{ Name string }

func TestARecordMayBeDeletedWhileAllAreRead(t *testing.T) {
	opened, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	table := Table[record]("records")
	err = opened.Write(func(tx *Tx) error {
		for number := range 500 {
			if err := table.Put(tx, fmt.Sprintf("%03d", number), &record{Name: fmt.Sprint(number)}); err != nil {
				return err
			}
		}
		seen := 0
		err := table.Each(tx, func(key string, one *record) error {
			if seen++; seen%2 == 0 {
				return table.Delete(tx, key)
			}
			return nil
		})
		left, listed := table.List(tx, nil)
		if seen != 500 || len(left) != 250 || left[1].Name != "2" {
			t.Errorf("saw %d, %d are left", seen, len(left))
		}
		return errors.Join(err, listed)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFailureLeavesNothingOfAWrite(t *testing.T) {
	opened, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	table, failure := Table[record]("records"), errors.New("half-way")
	err = opened.Write(func(tx *Tx) error { return errors.Join(table.Put(tx, "a", &record{}), failure) })
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	found, err := table.One(opened, nil, nil)
	if err != nil || found != nil {
		t.Errorf("got %v, %v", found, err)
	}
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
