/// The titles of problems, by status, in the languages of the contract.
enum ProblemTitles {
    /// The first supported language of Accept-Language by weight (RFC 9110, 12.5.4); English otherwise.
    static func language(for header: String?) -> String {
        guard let header else { return "en" }
        var best = (language: "en", weight: 0.0)
        for entry in header.split(separator: ",").prefix(16) {
            let parts = entry.split(separator: ";")
            guard let range = parts.first else { continue }
            let language = range.filter { $0 != " " }.lowercased().prefix { $0 != "-" }
            var weight = 1.0
            for parameter in parts.dropFirst() {
                let pair = parameter.filter { $0 != " " }
                if pair.hasPrefix("q="), let value = Double(pair.dropFirst(2)) { weight = value }
            }
            if languages.contains(String(language)), weight > best.weight { best = (String(language), weight) }
        }
        return best.language
    }

    static func title(of status: Int, in language: String) -> String {
        let titles = table[status] ?? table[500]!
        return titles[languages.firstIndex(of: language) ?? 0]
    }

    private static let languages = ["en", "fr", "pt", "es", "ar"]

    private static let table: [Int: [String]] = [
        400: ["Bad request", "Requête incorrecte", "Pedido inválido", "Solicitud incorrecta", "طلب غير صالح"],
        401: ["Not signed in", "Non authentifié", "Não autenticado", "No autenticado", "غير مسجل الدخول"],
        403: ["Not allowed", "Interdit", "Não permitido", "No permitido", "غير مسموح"],
        404: ["Not found", "Introuvable", "Não encontrado", "No encontrado", "غير موجود"],
        405: [
            "Method not allowed", "Méthode non autorisée", "Método não permitido", "Método no permitido",
            "الطريقة غير مسموح بها",
        ],
        408: ["Too slow", "Délai dépassé", "Tempo esgotado", "Tiempo agotado", "انتهت المهلة"],
        409: ["Conflict", "Conflit", "Conflito", "Conflicto", "تعارض"],
        412: [
            "Changed meanwhile", "Modifié entre-temps", "Alterado entretanto", "Modificado entretanto",
            "تغير في هذه الأثناء",
        ],
        413: ["Too large", "Trop volumineux", "Demasiado grande", "Demasiado grande", "كبير جدا"],
        414: [
            "Path too long", "Chemin trop long", "Caminho demasiado longo", "Ruta demasiado larga", "المسار طويل جدا",
        ],
        415: [
            "Unsupported media type", "Type de média non pris en charge", "Tipo de conteúdo não suportado",
            "Tipo de contenido no admitido", "نوع الوسائط غير مدعوم",
        ],
        422: ["Invalid input", "Données invalides", "Dados inválidos", "Datos no válidos", "بيانات غير صالحة"],
        429: [
            "Too many requests", "Trop de requêtes", "Demasiados pedidos", "Demasiadas solicitudes", "طلبات كثيرة جدا",
        ],
        431: [
            "Head too large", "En-tête trop volumineux", "Cabeçalho demasiado grande", "Cabecera demasiado grande",
            "الترويسة كبيرة جدا",
        ],
        500: ["Internal error", "Erreur interne", "Erro interno", "Error interno", "خطأ داخلي"],
        503: ["Unavailable", "Indisponible", "Indisponível", "No disponible", "غير متاح"],
    ]
}
