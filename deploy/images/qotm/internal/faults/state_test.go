package faults

import "testing"

func set(t *testing.T, state *State, fault Fault) {
	t.Helper()
	if _, err := state.Update(func(Fault) (Fault, error) { return fault, nil }); err != nil {
		t.Fatal(err)
	}
}

func TestMemoryGrowsInStepsToWhatIsOrderedAndIsGivenBack(t *testing.T) {
	state := NewState(Fault{Ready: true, MemoryMiB: 10})
	for _, expected := range []int64{4, 8, 10, 10} {
		state.step()
		if got := state.HeldBytes(); got != expected<<20 {
			t.Errorf("%d bytes, expected %d MiB", got, expected)
		}
	}
	set(t, state, None)
	if got := state.HeldBytes(); got != 0 {
		t.Errorf("%d bytes are left", got)
	}
	state.step()
	if got := state.HeldBytes(); got != 0 {
		t.Errorf("%d bytes came back", got)
	}
}

func TestALeakKeepsMemoryOfEachRequestUntilItIsMended(t *testing.T) {
	state := NewState(Fault{Ready: true, LeakKiB: 64})
	state.Leak()
	state.Leak()
	if got := state.HeldBytes(); got != 128<<10 {
		t.Errorf("%d bytes", got)
	}
	set(t, state, Fault{Ready: true, MemoryMiB: 4})
	if got := state.HeldBytes(); got != 0 {
		t.Errorf("%d bytes are left", got)
	}
	state.Leak()
	if got := state.HeldBytes(); got != 0 {
		t.Errorf("%d bytes leaked without being ordered", got)
	}
}
