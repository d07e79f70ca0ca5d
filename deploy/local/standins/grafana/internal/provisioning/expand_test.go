package provisioning

import "testing"

func TestAFilesVariablesAreReplacedOnce(t *testing.T) {
	t.Setenv("NAME_OF_TEST", "va$lue")
	for text, expected := range map[string]string{
		"a $NAME_OF_TEST": "a va$lue", "${NAME_OF_TEST}": "va$lue", "$__env{NAME_OF_TEST}": "va$lue", "$$NAME_OF_TEST": "$NAME_OF_TEST",
		"$NONE_OF_TEST.": ".", "costs $$5": "costs $5",
	} {
		if found, err := expand(text); err != nil || found != expected {
			t.Errorf("%s: got %s, %v", text, found, err)
		}
	}
}
