package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestASettingIsGivenByItsVariable(t *testing.T) {
	found, err := Load([]string{"GF_SERVER_HTTP_PORT=3333", "GF_SECURITY_ADMIN_PASSWORD=pa$$wo$rd", "GF_SECURITY_ALLOW_EMBEDDING=true", "HOME=/"})
	if err != nil {
		t.Fatal(err)
	}
	if found.Address != ":3333" || found.AdminUser != "admin" || found.AdminPassword != "pa$$wo$rd" || !found.AllowEmbedding || len(found.Unused) != 0 {
		t.Errorf("got %+v", found)
	}
}

func TestASettingWithoutEffectIsNamed(t *testing.T) {
	found, err := Load([]string{"GF_INSTALL_PLUGINS=x", "GF_AUTH_ANONYMOUS_ENABLED=true", "GF_SMTP_ENABLED=true", "GF_PATHS_LOGS=/l"})
	if err != nil {
		t.Fatal(err)
	}
	if expected := []string{"GF_AUTH_ANONYMOUS_ENABLED", "GF_INSTALL_PLUGINS", "GF_SMTP_ENABLED"}; !slices.Equal(found.Unused, expected) {
		t.Errorf("got %v", found.Unused)
	}
}

func TestASettingThatCannotBeObeyedStopsTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "grafana.ini")
	if err := os.WriteFile(file, []byte("[server]\nhttp_port = 80\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for setting, expected := range map[string]string{
		"GF_SERVER_PROTOCOL=https": "http alone", "GF_SERVER_SERVE_FROM_SUB_PATH=true": "below a path", "GF_SERVER_ROOT_URL=http://x/grafana/": "below a path",
		"GF_SECURITY_ALLOW_EMBEDDING=perhaps": "true or false", "GF_SECURITY_ADMIN_PASSWORD__FILE=/none/at": "/none/at",
		"GF_PATHS_CONFIG=" + file: "reads no file of settings", "GF_SECURITY_ADMIN_USER=$__file{/none/at}": "GF_SECURITY_ADMIN_USER__FILE",
	} {
		if _, err := Load([]string{setting}); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: expected %q, got %v", setting, expected, err)
		}
	}
}
