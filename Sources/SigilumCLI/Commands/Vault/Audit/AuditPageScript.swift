/// The script of an audit's page: sorting, choosing, copying. It reads what the page has and reaches for nothing else.
enum AuditPageScript {
    static let javaScript = #"""

        (() => {
          "use strict";
          const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
          const make = (name, text) => Object.assign(document.createElement(name), { textContent: text });

          // Commands: a button that copies, for pages opened from a file too.
          const copy = async (code) => {
            try {
              await navigator.clipboard.writeText(code.textContent);
              return true;
            } catch {
              getSelection().selectAllChildren(code);
              return document.execCommand("copy");
            }
          };
          for (const box of all(".command")) {
            const code = box.querySelector("code");
            const button = Object.assign(make("button", "Copy"), { type: "button" });
            button.setAttribute("aria-label", "Copy: " + code.textContent);
            button.addEventListener("click", async () => {
              button.textContent = (await copy(code)) ? "Copied" : "Press Ctrl C";
              setTimeout(() => { button.textContent = "Copy"; }, 1600);
            });
            box.append(button);
          }

          const table = document.querySelector("table");
          if (!table) return;
          const body = table.tBodies[0];
          const rows = Array.from(body.rows);
          const heads = Array.from(table.tHead.rows[0].cells);
          const order = document.getElementById("order");
          table.classList.add("sorts");

          // Sorting: rows that are alike stay in the order of their names.
          const names = new Intl.Collator("en", { numeric: true });
          const sort = (column, descending) => {
            const isNumber = heads[column].dataset.sort === "number";
            const value = (row) => row.cells[column].dataset.value;
            const sign = descending ? -1 : 1;
            rows
              .map((row) => [row, value(row)])
              .sort(([a, one], [b, other]) =>
                sign * (isNumber ? Number(one) - Number(other) : names.compare(one, other)) ||
                names.compare(a.cells[1].dataset.value, b.cells[1].dataset.value))
              .forEach(([row]) => body.append(row));
            heads.forEach((head, index) => {
              if (index === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
              else head.removeAttribute("aria-sort");
            });
            order.value = String(column);
          };
          heads.forEach((head, column) => {
            const title = head.textContent;
            const button = Object.assign(make("button", title), { type: "button" });
            button.addEventListener("click", () => sort(column, head.getAttribute("aria-sort") === "ascending"));
            // The words stay for paper, where a browser leaves out the buttons of a head that it repeats.
            head.append(button);
            order.append(Object.assign(make("option", title), { value: String(column) }));
          });
          order.addEventListener("change", () => sort(Number(order.value), false));

          // Choosing.
          const [find, severity, kind, shown] = ["find", "severity", "kind", "shown"].map((id) => document.getElementById(id));
          const none = document.querySelector(".none-left");
          const choose = () => {
            const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
            let count = 0;
            for (const row of rows) {
              const text = row.dataset.words.toLowerCase();
              const fits = words.every((word) => text.includes(word)) &&
                (!severity.value || row.dataset.severity === severity.value) &&
                (!kind.value || row.dataset.kind === kind.value);
              row.hidden = !fits;
              if (fits) count += 1;
            }
            shown.textContent = count === rows.length ? "all " + count + " shown" : count + " of " + rows.length + " shown";
            none.hidden = count > 0;
          };
          find.addEventListener("input", choose);
          find.addEventListener("keydown", (event) => {
            if (event.key === "Escape") { find.value = ""; choose(); }
          });
          severity.addEventListener("change", choose);
          kind.addEventListener("change", choose);

          document.querySelector(".controls").hidden = false;
          sort(0, false);
          choose();
        })();

        """#
}
