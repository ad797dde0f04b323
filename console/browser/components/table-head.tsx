/** A row of column titles; one without words for the eye is `{ unseen }`. */
export const TableHead = ({ titles }: { readonly titles: readonly (string | { readonly unseen: string })[] }) => (
  <thead>
    <tr>
      {titles.map((title) =>
        typeof title === "string" ? (
          <th key={title} scope="col">
            {title}
          </th>
        ) : (
          <th key={title.unseen} scope="col">
            <span class="unseen">{title.unseen}</span>
          </th>
        ),
      )}
    </tr>
  </thead>
);
