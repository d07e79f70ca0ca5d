package networkpolicy

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"seaworthy/deploy/local/internal/layout"
)

//go:embed iptables-save.sh
var saveScript string

//go:embed iptables-restore.sh
var restoreScript string

// useTools puts two scripts of the firewall's commands before those on the path, since the controller runs these by name.
func useTools(folder string) error {
	save, err := exec.LookPath("iptables-save")
	if err != nil {
		return err
	}
	restore, err := exec.LookPath("iptables-restore")
	if err != nil {
		return err
	}
	if filepath.Dir(save) == folder {
		return nil // after a restart the path is the changed one
	}
	commands := strings.NewReplacer("SAVE", save, "RESTORE", restore)
	for name, script := range map[string]string{"iptables-save": saveScript, "iptables-restore": restoreScript} {
		if err := layout.WriteFile(filepath.Join(folder, name), []byte(commands.Replace(script)), 0o755); err != nil {
			return err
		}
	}
	return os.Setenv("PATH", folder+":"+os.Getenv("PATH"))
}
