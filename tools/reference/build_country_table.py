#!/usr/bin/env python3
"""Builds data/countries.json: one row an ISO 3166-1 country or territory (and Kosovo, XK).

Sources, all pinned in knowledge_packages.py: Unicode CLDR (names, UN M49 containment, languages,
scripts), countries-list (capital, name in its own language) and country-coder (driving side,
further names). Run it without arguments from the repository root.
"""

import json
import pathlib

from knowledge_packages import fetch

# Names that photo labels and people use and that none of the sources lists.
EXTRA_NAMES = {
    "AE": ["UAE", "Dubai", "Abu Dhabi"],
    "BA": ["Bosnia"],
    "CI": ["Ivory Coast"],
    "CZ": ["Czech Republic"],
    "FK": ["Malvinas"],
    "GB": ["Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"],
    "IR": ["Islamic Republic of Iran"],
    "KP": ["DPRK"],
    "KR": ["Republic of Korea", "Korea"],
    "LA": ["Lao PDR"],
    "MK": ["Macedonia"],
    "MM": ["Burma"],
    "PS": ["Palestine", "West Bank", "Gaza Strip"],
    "RE": ["Reunion"],
    "RU": ["Russian Federation"],
    "SY": ["Syrian Arab Republic"],
    "TR": ["Turkey"],
    "TZ": ["United Republic of Tanzania"],
    "US": ["USA", "America", "United States of America"],
    "VN": ["Viet Nam"],
}
CONTINENT_OF_REGION = {"002": "Africa", "142": "Asia", "150": "Europe", "009": "Oceania",
                       "005": "South America", "013": "North America", "021": "North America",
                       "029": "North America"}
# Where CLDR's name of a region is not the United Nations' own.
M49_NAMES = {"Micronesian Region": "Micronesia", "Southeast Asia": "South-eastern Asia",
             "Australasia": "Australia and New Zealand"}
# CLDR files these under "Outlying Oceania"; M49 places them here.
SUBREGION_OVERRIDE = {"AQ": ("Antarctica", "Antarctica")}
# Exceptionally reserved codes of islands that ISO 3166-1 counts to another entry.
RESERVED_CODES = {"AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
# Where CLDR's short form is the everyday name.
SHORT_NAMED = {"BA", "CC", "HK", "MM", "MO", "PN", "PS"}
SCRIPT_NAMES = {"Hans": "Simplified Chinese", "Hant": "Traditional Chinese"}
# Uninhabited, or a city that is the whole territory.
WITHOUT_CAPITAL = {"AQ", "BV", "HK", "HM", "MO", "UM"}
OFFICIAL = {"official", "de_facto_official"}
MIN_OTHER_LANGUAGE_PERCENT = 20.0


def load(path: pathlib.Path):
    return json.loads(path.read_text(encoding="utf-8"))


class Cldr:
    def __init__(self):
        supplemental = fetch("cldr-core") / "supplemental"
        self.containment = load(supplemental / "territoryContainment.json")["supplemental"][
            "territoryContainment"]
        self.info = load(supplemental / "territoryInfo.json")["supplemental"]["territoryInfo"]
        self.likely = load(supplemental / "likelySubtags.json")["supplemental"]["likelySubtags"]
        english = fetch("cldr-localenames-full") / "main" / "en"

        def names(kind):
            root = load(english / f"{kind}.json")["main"]["en"]["localeDisplayNames"]
            return root[kind]

        self.territories = names("territories")
        self.languages = names("languages")
        self.scripts = names("scripts")

    def subregion(self, code):
        """(continent, M49 sub-region) of a territory."""
        if code in SUBREGION_OVERRIDE:
            return SUBREGION_OVERRIDE[code]
        for continent_or_americas in ("002", "142", "150", "009", "019"):
            for region in self.containment[continent_or_americas]["_contains"]:
                if code in self.containment.get(region, {}).get("_contains", []):
                    key = region if continent_or_americas == "019" else continent_or_americas
                    name = self.territories[region]
                    return CONTINENT_OF_REGION[key], M49_NAMES.get(name, name)
        raise ValueError(f"{code} stands in no region")

    def languages_of(self, code):
        """([language code], [script code]): official languages first, each by falling share, then
        widely spoken others; the scripts are those of the official ones."""
        rows = self.info.get(code, {}).get("languagePopulation", {})
        ranked = sorted(rows.items(), key=lambda item: (
            item[1].get("_officialStatus") not in OFFICIAL,
            -float(item[1].get("_populationPercent", 0))))
        languages, scripts = [], []
        for tag, row in ranked:
            if tag == "und":
                continue
            language, script = self.with_script(tag, code)
            share = float(row.get("_populationPercent", 0))
            if row.get("_officialStatus") in OFFICIAL or not languages:
                scripts.append(script)
                languages.append(language)
            elif share >= MIN_OTHER_LANGUAGE_PERCENT:
                languages.append(language)
        return languages, scripts

    def with_script(self, tag, code):
        parts = tag.split("_")
        if len(parts) > 1 and len(parts[1]) == 4:
            return parts[0], parts[1]
        for key in (f"{parts[0]}-{code}", parts[0]):
            if key in self.likely:
                return parts[0], self.likely[key].split("-")[1]
        raise ValueError(f"no script known for {tag} in {code}")


class CountryCoder:
    def __init__(self):
        features = load(fetch("@rapideditor/country-coder") / "src" / "data" / "borders.json")
        self.all = [feature["properties"] for feature in features["features"]]
        self.by_code = {row["iso1A2"]: row for row in self.all if "iso1A2" in row}

    def driving_side(self, code):
        """The side named for the territory, else for its parts, else for the state it belongs to;
        the source leaves it out where it is the right."""
        row = self.by_code.get(code)
        if row is None:
            return None
        if "driveSide" in row:
            return row["driveSide"]
        parts = [part for part in self.all if "iso1A2" not in part and (
            part.get("country") == code or code in part.get("groups", []))
            and (part.get("level") is None or code in part.get("groups", []))]
        sides = [part.get("driveSide", "right") for part in parts]
        if sides:
            return "left" if sides.count("left") * 2 > len(sides) else "right"
        return "right"

    def names(self, code):
        row = self.by_code.get(code, {})
        return [row[key] for key in ("nameEn",) if key in row]


def unique(names):
    seen, result = set(), []
    for name in names:
        if name and name.casefold() not in seen:
            seen.add(name.casefold())
            result.append(name)
    return result


def main():
    cldr = Cldr()
    coder = CountryCoder()
    listed = load(fetch("countries-list") / "countries.min.json")
    codes = sorted(code for code in cldr.info if len(code) == 2 and (
        "iso1A3" in coder.by_code.get(code, {})) and code not in RESERVED_CODES)
    rows = []
    for code in codes:
        continent, subregion = cldr.subregion(code)
        languages, scripts = cldr.languages_of(code)
        source = coder.by_code[code]
        extra = listed.get(code, {})
        name = cldr.territories[f"{code}-alt-short" if code in SHORT_NAMED else code]
        alternatives = [text for key, text in cldr.territories.items()
                        if key == code or key.startswith(f"{code}-alt")]
        alternatives += [extra.get("name"), *coder.names(code), extra.get("native")]
        alternatives += EXTRA_NAMES.get(code, [])
        rows.append({
            "code": code,
            "alpha3": source["iso1A3"],
            "name": name,
            "other_names": [text for text in unique(alternatives) if text != name],
            "continent": continent,
            "subregion": subregion,
            "driving_side": coder.driving_side(code),
            "scripts": unique(SCRIPT_NAMES.get(script) or cldr.scripts[script]
                              for script in scripts),
            "languages": unique(cldr.languages.get(language) for language in languages),
            "capital": extra.get("capital") if code not in WITHOUT_CAPITAL else None,
        })
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    pathlib.Path("data/countries.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main()
