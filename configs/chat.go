package configs

import (
	"fmt"
	"slices"
	"strings"
)

// searchLanguages are those that every Postgres from version 13 on has a stemmer for; simple has none.
var searchLanguages = []string{
	"simple", "arabic", "danish", "dutch", "english", "finnish", "french", "german", "greek", "hungarian", "indonesian", "irish", "italian",
	"lithuanian", "nepali", "norwegian", "portuguese", "romanian", "russian", "spanish", "swedish", "tamil", "turkish",
}

func checkSearchLanguage(c *Config) error {
	if !slices.Contains(searchLanguages, c.Chat.SearchLanguage) {
		return fmt.Errorf("%q is none of %s", c.Chat.SearchLanguage, strings.Join(searchLanguages, ", "))
	}
	return nil
}
