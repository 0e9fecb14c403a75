/* The style of pictures: light, and dark where the reader's system is. Colours keep a contrast of 4.5 for
 * text. */
#include "view/picture_style.h"

const char PICTURE_STYLE[] =
    ".lg{font-family:Helvetica,Arial,'Liberation Sans',sans-serif}"
    ".lg .bg{fill:#fff}.lg .b{fill:#f8fafc;stroke:#94a3b8}.lg "
    ".nest{fill:none;stroke:#64748b;stroke-dasharray:5 3}"
    ".lg .n{font-size:12px;font-weight:bold;fill:#0f172a}.lg .t{font-size:11px;fill:#475569}"
    ".lg .e{fill:none;stroke:#64748b;stroke-width:1.3}.lg .skip{stroke:#0f766e;stroke-width:1.6}"
    ".lg .a{fill:#64748b}.lg .s{fill:#94a3b8}"
    ".lg .in .s{fill:#16a34a}.lg .mul .s{fill:#2563eb}.lg .norm .s{fill:#7c3aed}.lg .act .s{fill:#d97706}"
    ".lg .join .s{fill:#0d9488}.lg .pool .s{fill:#64748b}.lg .rec .s{fill:#db2777}.lg .att .s{fill:#dc2626}"
    "@media (prefers-color-scheme:dark){"
    ".lg .bg{fill:#12161c}.lg .b{fill:#1d232c;stroke:#566173}.lg .nest{fill:none;stroke:#8b98a9}"
    ".lg .n{fill:#f1f5f9}.lg .t{fill:#b4bfcc}.lg .e{stroke:#8b98a9}.lg .skip{stroke:#2dd4bf}.lg "
    ".a{fill:#8b98a9}"
    ".lg .in .s{fill:#4ade80}.lg .mul .s{fill:#60a5fa}.lg .norm .s{fill:#a78bfa}.lg .act .s{fill:#fbbf24}"
    ".lg .join .s{fill:#2dd4bf}.lg .pool .s{fill:#94a3b8}.lg .rec .s{fill:#f472b6}.lg .att .s{fill:#f87171}}";
