package provider

import (
	"fmt"
	"os"
)

// sdkLevel is the environment variable of the plugin SDK's own log level. Where it is not set, the level is TRACE.
const sdkLevel = "TF_LOG_SDK"

// LimitLogs keeps the plugin SDK from describing each of its steps where nobody asked for logs. Terraform would read every line
// and throw it away: a quarter of the CPU time of both. Warnings and errors stay. It is called once, before the provider is served.
func LimitLogs() error {
	for _, asked := range []string{"TF_LOG", "TF_LOG_PROVIDER", sdkLevel} {
		if os.Getenv(asked) != "" {
			return nil
		}
	}
	if err := os.Setenv(sdkLevel, "WARN"); err != nil {
		return fmt.Errorf("limit the logs of the plugin SDK: %w", err)
	}
	return nil
}
