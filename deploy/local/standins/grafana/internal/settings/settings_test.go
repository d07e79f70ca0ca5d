package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func load(t *testing.T, file string, environment ...string) (*Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "grafana.ini")
	if file != "" {
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(path, environment)
}

func TestTheEnvironmentHasTheLastWord(t *testing.T) {
	t.Setenv("PORT_OF_TEST", "3333")
	found, err := load(t, "[server]\nhttp_port = ${PORT_OF_TEST}\n[security]\nadmin_user = \"\"\"file # name\"\"\" # a comment\n[auth.anonymous]\nenabled = true\n",
		"GF_AUTH_ANONYMOUS_ORG_ROLE=Editor", "GF_SECURITY_ADMIN_PASSWORD=pa$$wo$rd", "HOME=/")
	if err != nil {
		t.Fatal(err)
	}
	if found.Address != ":3333" || found.AdminUser != "file # name" || found.AdminPassword != "pa$$wo$rd" {
		t.Errorf("got %+v", found)
	}
	if !found.Anonymous || found.AnonymousRole != "Editor" || len(found.Unused) != 0 {
		t.Errorf("got %+v", found)
	}
}

func TestASettingWithoutEffectIsNamed(t *testing.T) {
	found, err := load(t, "[analytics]\ncheck_for_updates = true\n", "GF_INSTALL_PLUGINS=x", "GF_SMTP_ENABLED=true", "GF_PATHS_LOGS=/l")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"GF_INSTALL_PLUGINS", "GF_SMTP_ENABLED", "analytics.check_for_updates"} {
		if !slices.Contains(found.Unused, name) {
			t.Errorf("%s is not in %v", name, found.Unused)
		}
	}
	if len(found.Unused) != 3 {
		t.Errorf("got %v", found.Unused)
	}
}

func TestASettingThatCannotBeObeyedStopsTheStart(t *testing.T) {
	for setting, expected := range map[string]string{
		"GF_SERVER_PROTOCOL=https": "http alone", "GF_SERVER_SERVE_FROM_SUB_PATH=true": "below a path", "GF_SERVER_ROOT_URL=http://x/grafana/": "below a path",
		"GF_AUTH_ANONYMOUS_ENABLED=perhaps": "true or false", "GF_AUTH_ANONYMOUS_ORG_ROLE=King": "Viewer, Editor or Admin",
		"GF_SECURITY_ADMIN_PASSWORD__FILE=/none/at": "/none/at", "GF_SECURITY_ADMIN_USER=$__file{/none/at}": "/none/at",
	} {
		if _, err := load(t, "", setting); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: expected %q, got %v", setting, expected, err)
		}
	}
}

func TestAProvisioningFilesVariablesAreReplacedOnce(t *testing.T) {
	t.Setenv("NAME_OF_TEST", "va$lue")
	for text, expected := range map[string]string{
		"a $NAME_OF_TEST": "a va$lue", "${NAME_OF_TEST}": "va$lue", "$__env{NAME_OF_TEST}": "va$lue", "$$NAME_OF_TEST": "$NAME_OF_TEST",
		"$NONE_OF_TEST.": ".", "costs $$5": "costs $5",
	} {
		if found, err := ExpandAll(text); err != nil || found != expected {
			t.Errorf("%s: got %s, %v", text, found, err)
		}
	}
}
