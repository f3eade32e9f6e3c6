package sandbox

import (
	"fmt"

	"github.com/landlock-lsm/go-landlock/landlock"
	landlocksyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// readable are the folders that a child may read: what libraries load when it is first needed.
func readable() []string {
	return []string{
		"/etc/fonts", "/usr/share/fontconfig", "/usr/share/fonts", "/usr/local/share/fonts", "/var/cache/fontconfig",
		"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib",
		"/usr/share/locale", "/usr/share/mime", "/usr/share/zoneinfo", "/usr/share/color",
	}
}

// restrictFiles leaves to all threads of this process the reading of what libraries load late, and no other use of
// files by name. It returns the version of Landlock that does so, 0 when the kernel has none.
func restrictFiles() (int, error) {
	version, err := landlocksyscall.LandlockGetABIVersion()
	if err != nil || version <= 0 {
		return 0, nil // a kernel without it, or with it switched off: the rest of the sandbox must do
	}
	rules := landlock.RODirs(readable()...).IgnoreIfMissing()
	if err := landlock.V9.BestEffort().RestrictPaths(rules); err != nil {
		return 0, fmt.Errorf("version %d: %w", version, err)
	}
	return version, nil
}
