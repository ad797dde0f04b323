import { useLayoutEffect, useState } from "preact/hooks";

const themes = ["system", "light", "dark"] as const;
const place = "rekey-theme";

/** Light, dark, or as the system is. */
export function ThemeChoice() {
  const [theme, setTheme] = useState(localStorage.getItem(place) ?? "system");
  useLayoutEffect(() => {
    localStorage.setItem(place, theme);
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  return (
    <label>
      Theme{" "}
      <select value={theme} onChange={({ currentTarget }) => setTheme(currentTarget.value)}>
        {themes.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
}
