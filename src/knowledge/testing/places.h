#pragma once

namespace gre {

// A table of places for tests: a border, the antimeridian, quotes, a place without a name.
inline constexpr char kPlaces[] =
    "lat,lon,name,admin1,admin2,cc\n"
    "48.85341,2.3488,Paris,Ile-de-France,Paris,FR\n"
    "46.20222,6.14569,Geneve,Geneva,Geneve,CH\n"
    "46.19439,6.23775,Annemasse,Rhone-Alpes,Haute-Savoie,FR\r\n"
    "-16.7987,-179.9934,Waiyevo,Northern,,FJ\n"
    "-18.14161,178.44149,Suva,Central,Rewa,FJ\n"
    "38.89511,-77.03637,\"Washington, D.C.\",\"Washington, \"\"D.C.\"\"\",,US\n"
    "10,10,,,,FR\n"
    "44.95719,34.11079,Simferopol',Crimea,,UA\n";

}  // namespace gre
